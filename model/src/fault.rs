//! What the tensor library says when an operation fails.

/// A fault of the tensor library, in its own words. In the browser in fewer: its words bring the printing of
/// backtraces, and the page would be 5 % larger for what no visitor can act on.
pub fn words(error: &candle_core::Error) -> String {
    if cfg!(target_arch = "wasm32") { "an operation on tensors failed".into() } else { error.to_string() }
}
