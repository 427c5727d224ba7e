# artidx_unit_test(LAYER NAME [LIBRARIES TARGET...])
#
# Declares the test unit.LAYER.NAME, made from test_NAME.c in the current folder. It links its own
# layer and cmocka, nothing above: a call that goes upward does not link.
function(artidx_unit_test layer name)
  cmake_parse_arguments(ARG "" "" "LIBRARIES" ${ARGN})
  set(target test_${layer}_${name})
  add_executable(${target} test_${name}.c)
  target_link_libraries(${target} PRIVATE ${layer} PkgConfig::CMOCKA ${ARG_LIBRARIES})
  target_compile_definitions(${target} PRIVATE
    TEST_SOURCE_DIR="${PROJECT_SOURCE_DIR}/tests")
  add_test(NAME unit.${layer}.${name} COMMAND ${target})
  set_tests_properties(unit.${layer}.${name} PROPERTIES TIMEOUT 120 LABELS unit)
endfunction()

# artidx_lint_layers()
#
# Two tests for each declared layer: lint.layers.NAME, its files include only what it declared to
# use; lint.headers.NAME, each of its headers compiles on its own. Also lint.layers.third-party: each
# third-party header is included in one file.
function(artidx_lint_layers)
  get_property(layers GLOBAL PROPERTY ARTIDX_DECLARED_LAYERS)
  foreach(layer IN LISTS layers)
    get_property(uses GLOBAL PROPERTY ARTIDX_USES_${layer})
    add_test(NAME lint.layers.${layer} COMMAND ${CMAKE_COMMAND}
      "-DLAYER=${layer}" "-DUSES=${uses}" "-DLAYERS=${ARTIDX_LAYERS}"
      -P ${PROJECT_SOURCE_DIR}/cmake/CheckIncludes.cmake
      WORKING_DIRECTORY ${PROJECT_SOURCE_DIR})
    add_test(NAME lint.headers.${layer} COMMAND ${CMAKE_COMMAND}
      "-DLAYER=${layer}" "-DCOMPILER=${CMAKE_C_COMPILER}"
      -P ${PROJECT_SOURCE_DIR}/cmake/CheckHeaders.cmake
      WORKING_DIRECTORY ${PROJECT_SOURCE_DIR})
    set_tests_properties(lint.layers.${layer} lint.headers.${layer} PROPERTIES LABELS lint)
  endforeach()
  add_test(NAME lint.layers.third-party COMMAND ${CMAKE_COMMAND}
    "-DLAYERS=${layers}" -P ${PROJECT_SOURCE_DIR}/cmake/CheckThirdParty.cmake
    WORKING_DIRECTORY ${PROJECT_SOURCE_DIR})
  set_tests_properties(lint.layers.third-party PROPERTIES LABELS lint)
endfunction()
