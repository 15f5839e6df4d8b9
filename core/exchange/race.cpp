#include "core/exchange/race.hpp"

#include "core/exchange/attempt.hpp"

namespace headgate::exchange {

bool Race::commit(const Attempt& attempt) {
  if (beaten(attempt)) return false;
  winner_ = &attempt;
  due_.disarm();
  if (Attempt* const loser = other(attempt)) loser->end_early();
  return true;
}

}  // namespace headgate::exchange
