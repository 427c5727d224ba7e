# artidx_layer(NAME USES LAYER... LIBRARIES TARGET... SOURCES FILE...)
#
# Declares one layer: a static library made from the folder NAME. USES names the layers it may
# include and link; an edge that points upward stops the configure step. LIBRARIES are third-party
# targets. Include edges that are not declared are caught by the test lint.layers.NAME.

set(ARTIDX_LAYERS base safetensors indexer query reorg archive report cli)

function(artidx_layer name)
  cmake_parse_arguments(ARG "" "" "USES;LIBRARIES;SOURCES" ${ARGN})
  list(FIND ARTIDX_LAYERS ${name} own)
  if(own EQUAL -1)
    message(FATAL_ERROR "${name} is not a layer; the layers are: ${ARTIDX_LAYERS}")
  endif()
  add_library(${name} STATIC ${ARG_SOURCES})
  set_target_properties(${name} PROPERTIES OUTPUT_NAME artidx_${name})
  target_link_libraries(${name} PUBLIC artidx_options PRIVATE ${ARG_LIBRARIES})
  foreach(used IN LISTS ARG_USES)
    list(FIND ARTIDX_LAYERS ${used} theirs)
    if(theirs EQUAL -1 OR NOT theirs LESS own)
      message(FATAL_ERROR "layer ${name} may not use ${used}: the order is ${ARTIDX_LAYERS}")
    endif()
    target_link_libraries(${name} PUBLIC ${used})
  endforeach()
  set_property(GLOBAL APPEND PROPERTY ARTIDX_DECLARED_LAYERS ${name})
  set_property(GLOBAL PROPERTY ARTIDX_USES_${name} ${ARG_USES})
endfunction()
