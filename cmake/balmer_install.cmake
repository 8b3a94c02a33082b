# make install PREFIX=...: the program, the public headers, the man page and the completions.
if(BALMER_PYTHON)
    return()  # a wheel carries what python/CMakeLists.txt installs, nothing else
endif()
if(TARGET balmer)
    install(TARGETS balmer RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
endif()
install(DIRECTORY ${PROJECT_SOURCE_DIR}/include/balmer DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(DIRECTORY ${PROJECT_SOURCE_DIR}/data/ DESTINATION ${CMAKE_INSTALL_DATADIR}/balmer)  # found by find_data()
install(DIRECTORY ${PROJECT_SOURCE_DIR}/docs/man/ DESTINATION ${CMAKE_INSTALL_MANDIR}/man1 OPTIONAL
    FILES_MATCHING PATTERN "*.1")
install(FILES ${PROJECT_SOURCE_DIR}/docs/completions/balmer.bash OPTIONAL
    DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions RENAME balmer)
install(FILES ${PROJECT_SOURCE_DIR}/docs/completions/_balmer OPTIONAL
    DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/site-functions)
install(FILES ${PROJECT_SOURCE_DIR}/docs/completions/balmer.fish OPTIONAL
    DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d)
