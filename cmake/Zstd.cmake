# artidx_zstd: libzstd.a, because archive/frame.c uses what zstd offers for static linking only.
# Its symbols stay in the program: libarchive brings the shared libzstd along.

find_library(ARTIDX_ZSTD_STATIC libzstd.a REQUIRED)
find_path(ARTIDX_ZSTD_INCLUDE zstd.h REQUIRED)
add_library(artidx_zstd INTERFACE)
target_include_directories(artidx_zstd INTERFACE ${ARTIDX_ZSTD_INCLUDE})
target_link_libraries(artidx_zstd INTERFACE ${ARTIDX_ZSTD_STATIC})
target_link_options(artidx_zstd INTERFACE LINKER:--exclude-libs,libzstd.a)
