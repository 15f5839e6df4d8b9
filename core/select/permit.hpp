#pragma once
// The right to send one attempt to one endpoint, and the load that it stands for. It is made by
// the pick and released when the response body has ended, however it ended: a permit that is
// dropped gives back everything it holds, its probe lease too. [worker]

#include <cstdint>
#include <utility>

#include "core/select/cell.hpp"
#include "core/select/leases.hpp"

namespace headgate::select {

class Permit {
 public:
  Permit() = default;  // of nothing
  Permit(Permit&& other) noexcept { swap(other); }
  Permit& operator=(Permit&& other) noexcept {
    Permit(std::move(other)).swap(*this);
    return *this;
  }
  Permit(const Permit&) = delete;
  Permit& operator=(const Permit&) = delete;
  ~Permit() {
    if (grant_.cell != nullptr) release();
  }

  // What a pick found. The load has been added. REQUIRES: the snapshot that owns the cells outlives
  // the permit.
  struct Grant {
    Cell* cell = nullptr;
    // Where the load is counted: of the endpoint with all its models, and of the cell if that is
    // not the same.
    Load::Word* load = nullptr;
    Load::Word* cell_load = nullptr;
    std::int64_t tokens = 0;
    double expected_output_tokens = 0;
    Leases leases = 0;
    bool last_resort = false;
  };
  explicit Permit(const Grant& grant) : grant_(grant), probe_(grant.leases != 0) {}

  explicit operator bool() const { return grant_.cell != nullptr; }
  Cell* cell() const { return grant_.cell; }
  // It was made to find out whether an endpoint is back.
  bool probe() const { return probe_; }
  // Nothing has told yet.
  bool probe_undecided() const { return grant_.leases != 0; }
  bool last_resort() const { return grant_.last_resort; }
  std::int64_t tokens() const { return grant_.tokens; }
  double expected_output_tokens() const { return grant_.expected_output_tokens; }

  // The attempt goes out with the client's own credential: from here on it changes no statistics
  // and no eviction, only the load.
  void use_caller_credential() { caller_credential_ = true; }
  bool caller_credential() const { return caller_credential_; }

  // Ends the load and gives the lease back undecided. Harmless when repeated.
  void release();

  // The probe is decided. A permit that is no probe, or decided already, does nothing, but for the
  // success of a last resort, which restores as well. Called by record() in outcome.hpp.
  void decide_probe(bool success, TimePoint now);
  // The probe showed that this scope is not back, and nothing about the others.
  void fail_probe_of(Scope scope, TimePoint now);

 private:
  void swap(Permit& other) noexcept {
    std::swap(grant_, other.grant_);
    std::swap(probe_, other.probe_);
    std::swap(caller_credential_, other.caller_credential_);
  }

  Grant grant_;
  bool probe_ = false;
  bool caller_credential_ = false;
};

}  // namespace headgate::select
