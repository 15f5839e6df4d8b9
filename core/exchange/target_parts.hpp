#pragma once
// From what a configuration says of an upstream to what connections are made from. [main]

#include <cstdint>
#include <string>

#include "core/config/policies_config.hpp"
#include "core/net/tls_context.hpp"
#include "core/upstream/target.hpp"

namespace headgate::exchange {

net::TlsClientOptions tls_options(const config::BackendTlsConfig& tls);

// In clear; who wants TLS adds it.
upstream::TargetOptions target_options(const config::Address& address);

// What the Host header says.
std::string authority_of(const upstream::TargetOptions& options);

}  // namespace headgate::exchange
