// Gives the precompiled header Dialects.h a library to belong to.
