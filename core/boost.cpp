// Boost's compiled parts: with separate compilation they are built here and nowhere else.

#include <boost/asio/impl/src.hpp>
#include <boost/asio/ssl/impl/src.hpp>
#include <boost/json/src.hpp>
