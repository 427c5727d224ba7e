# artidx_embed(SYMBOL INPUT HEADER): a C source with the bytes of INPUT, as HEADER declares them.
#
#   cmake -DINPUT=... -DOUTPUT=... -DSYMBOL=... -DHEADER=... -P Embed.cmake   (what the build runs)

if(CMAKE_SCRIPT_MODE_FILE)
  file(READ "${INPUT}" hex HEX)
  string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${hex}")
  file(WRITE "${OUTPUT}" "#include \"${HEADER}\"\n\n"
    "const unsigned char ${SYMBOL}_text[] = { ${bytes} };\n"
    "const size_t ${SYMBOL}_length = sizeof(${SYMBOL}_text);\n")
  return()
endif()

set(ARTIDX_EMBED_SCRIPT ${CMAKE_CURRENT_LIST_FILE})

# Sets SYMBOL in the caller to the path of the generated source.
function(artidx_embed symbol input header)
  set(source ${CMAKE_CURRENT_BINARY_DIR}/${symbol}.c)
  set(input ${CMAKE_CURRENT_SOURCE_DIR}/${input})
  add_custom_command(OUTPUT ${source}
    COMMAND ${CMAKE_COMMAND} -DINPUT=${input} -DOUTPUT=${source} -DSYMBOL=${symbol}
      -DHEADER=${header} -P ${ARTIDX_EMBED_SCRIPT}
    DEPENDS ${input} ${ARTIDX_EMBED_SCRIPT} VERBATIM)
  set(${symbol} ${source} PARENT_SCOPE)
endfunction()
