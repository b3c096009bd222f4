// Gives the precompiled header Mlir.h a library to belong to.
