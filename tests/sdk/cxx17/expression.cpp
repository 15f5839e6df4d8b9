// Compiled as C++17, which is all that an author's plugin needs.
#include <headgate/expression/headers.hpp>
#include <headgate/expression/program.hpp>
