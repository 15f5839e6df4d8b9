# Installs the SDK into WORK/prefix and builds the examples against it, one of them twice: with CMake
# and with pkg-config and make. Then looks at what they export.
set(prefix ${WORK}/prefix)
set(ENV{DESTDIR})

function(run)
  execute_process(COMMAND ${ARGN} RESULT_VARIABLE result OUTPUT_VARIABLE output ERROR_VARIABLE output)
  if(NOT result EQUAL 0)
    list(JOIN ARGN " " command)
    message(FATAL_ERROR "${command}\n${output}")
  endif()
endfunction()

file(REMOVE_RECURSE ${WORK})
run(${CMAKE_COMMAND} --install ${BUILD} --component sdk --prefix ${prefix})

set(warnings "-Wall -Wextra -Wpedantic -Werror")
set(examples acme request_tag)
# The library of expressions is compiled with the sanitizers of this build, which an author's is not.
if(NOT SANITIZE)
  list(APPEND examples only_when)
endif()
foreach(example ${examples})
  file(COPY ${SOURCE}/${example} DESTINATION ${WORK}/source)
  run(${CMAKE_COMMAND} -G ${GENERATOR} -S ${WORK}/source/${example} -B ${WORK}/${example}
      -DCMAKE_PREFIX_PATH=${prefix} -DCMAKE_C_COMPILER=${C_COMPILER}
      -DCMAKE_CXX_COMPILER=${CXX_COMPILER} -DCMAKE_C_FLAGS=${warnings}
      -DCMAKE_CXX_FLAGS=${warnings})
  run(${CMAKE_COMMAND} --build ${WORK}/${example})
endforeach()

file(GLOB_RECURSE pc ${prefix}/headgate-sdk.pc)
get_filename_component(pc_folder ${pc} DIRECTORY)
file(MAKE_DIRECTORY ${WORK}/make)
run(${CMAKE_COMMAND} -E env PKG_CONFIG_PATH=${pc_folder} make -C ${WORK}/source/request_tag
    BUILD=${WORK}/make CC=${C_COMPILER} "CFLAGS=-O2 ${warnings}")

find_program(NM nm REQUIRED)
set(libraries make/request_tag.so)
foreach(example ${examples})
  list(APPEND libraries ${example}/${example}.so)
endforeach()
foreach(library ${libraries})
  execute_process(COMMAND ${NM} -D --defined-only ${WORK}/${library} OUTPUT_VARIABLE exports
                  COMMAND_ERROR_IS_FATAL ANY)
  string(REGEX MATCHALL "[^\n]+" lines "${exports}")
  list(LENGTH lines count)
  if(NOT count EQUAL 1 OR NOT exports MATCHES " T hg_module_v0")
    message(FATAL_ERROR "${library} exports more than hg_module_v0:\n${exports}")
  endif()
endforeach()
