//! Trains, measures and exports Latentscope's autoencoders.
