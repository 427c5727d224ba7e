# artidx_libarchive: libarchive.a where it can be linked without what it brings along. archive/tar.c
# uses a small part of it; of the shared library every start of the program would load a dozen others
# (libxml2, ICU, libstdc++), which takes longer than most questions.

include(CheckCSourceCompiles)

find_library(ARTIDX_LIBARCHIVE_STATIC libarchive.a)
add_library(artidx_libarchive INTERFACE)
target_include_directories(artidx_libarchive INTERFACE ${LIBARCHIVE_INCLUDE_DIRS})
if(ARTIDX_LIBARCHIVE_STATIC)
  set(CMAKE_REQUIRED_INCLUDES ${LIBARCHIVE_INCLUDE_DIRS})
  set(CMAKE_REQUIRED_LIBRARIES ${ARTIDX_LIBARCHIVE_STATIC})
  set(CMAKE_REQUIRED_LINK_OPTIONS LINKER:--gc-sections)
  check_c_source_compiles("
    #include <archive.h>
    int main(void)
    {
      return archive_read_support_format_tar(archive_read_new()) +
        archive_write_set_format_pax(archive_write_new());
    }" ARTIDX_LIBARCHIVE_IS_ALONE)
  unset(CMAKE_REQUIRED_INCLUDES)
  unset(CMAKE_REQUIRED_LIBRARIES)
  unset(CMAKE_REQUIRED_LINK_OPTIONS)
endif()
if(ARTIDX_LIBARCHIVE_IS_ALONE)
  target_link_libraries(artidx_libarchive INTERFACE ${ARTIDX_LIBARCHIVE_STATIC})
  target_link_options(artidx_libarchive INTERFACE
    LINKER:--gc-sections LINKER:--exclude-libs,libarchive.a)
else()
  target_link_libraries(artidx_libarchive INTERFACE PkgConfig::LIBARCHIVE)
endif()
