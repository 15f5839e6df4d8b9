#pragma once
// What a model's name tells. Pure.

#include <string>
#include <string_view>

namespace headgate_gemini {

// "models/gemini-2.5-pro-001" is of generation 2, minor 5, and a pro. Names without a number
// ("gemini-flash-latest", tuned models) are of generation 0: not known.
struct Family {
  unsigned generation = 0;
  unsigned minor = 0;
  bool pro = false;
};
Family family_of(std::string_view model);

// Whether it can stand in a path, of at most 512 bytes: dots, or nothing, between two slashes would
// lead to another folder than the one that is named.
bool is_model_name(std::string_view model);

// "/models/gemini-2.5-pro". "models/x" and "tunedModels/x" are names with their folder.
std::string model_path(std::string_view model);

}  // namespace headgate_gemini
