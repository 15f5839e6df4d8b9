// Compiled as C++17, which is all that an author's plugin needs; the tests themselves are C++20.
#include <headgate/llm/blocks.hpp>
#include <headgate/llm/chat_answer.hpp>
#include <headgate/llm/chat_request.hpp>
#include <headgate/llm/dropped.hpp>
#include <headgate/llm/extra.hpp>
#include <headgate/llm/json_writer.hpp>
