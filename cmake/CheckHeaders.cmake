# Fails when a header of LAYER does not compile on its own with COMPILER.
cmake_minimum_required(VERSION 3.25)
file(GLOB_RECURSE headers RELATIVE ${CMAKE_CURRENT_SOURCE_DIR} ${LAYER}/*.h)
set(wrong "")
foreach(header IN LISTS headers)
  execute_process(
    COMMAND ${COMPILER} -std=c17 -D_GNU_SOURCE -I. -Wall -Wextra -Werror -fsyntax-only
      -x c -include ${header} /dev/null
    RESULT_VARIABLE result ERROR_VARIABLE messages)
  if(NOT result EQUAL 0)
    string(APPEND wrong "${header} does not compile on its own:\n${messages}")
  endif()
endforeach()
if(wrong)
  message(FATAL_ERROR "${wrong}")
endif()
