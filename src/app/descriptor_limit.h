#pragma once

namespace pikachu::app {

/// Takes as many file descriptors as the hard limit allows; 1,024 is the usual soft one. Each
/// connection to an endpoint is one, and so is the temporary file of each XA transaction that is
/// prepared and not in memory.
void raise_descriptor_limit();

}  // namespace pikachu::app
