// Gives the precompiled header Onnx.h a library to belong to.
