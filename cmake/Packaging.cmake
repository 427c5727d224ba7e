# The Debian package (./dev package) and what every installation gets besides the program.

install(FILES README.md TYPE DOC)
install(FILES LICENSE TYPE DOC RENAME copyright)

# Where Debian's python3 looks by itself below /usr; elsewhere put it on PYTHONPATH, or copy it.
install(FILES python/artidx.py DESTINATION lib/python3/dist-packages)

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME ${PROJECT_NAME})
set(CPACK_PACKAGE_VERSION ${PROJECT_VERSION})
set(CPACK_PACKAGE_CONTACT "The artidx authors <artidx@localhost>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "${PROJECT_DESCRIPTION}")
set(CPACK_PACKAGE_DESCRIPTION
  "artidx reads the headers of safetensors files and the logs of the runs that wrote them, says
what each file is by its tensors, keeps the answers in a catalogue, answers questions about
them, and moves them to where they belong without losing one.")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION science)
set(CPACK_DEBIAN_PACKAGE_PRIORITY optional)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
include(CPack)
