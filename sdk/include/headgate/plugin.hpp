#pragma once
// Everything that an author in C++ needs. C++17, header only, depends on the standard library.

#include <headgate/config.hpp>
#include <headgate/dialect.hpp>
#include <headgate/duration.hpp>
#include <headgate/json_view.hpp>
#include <headgate/metrics.hpp>
#include <headgate/module.hpp>
#include <headgate/policy.hpp>
#include <headgate/provider.hpp>
#include <headgate/shared.hpp>
