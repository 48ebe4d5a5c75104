//! Errors of the tensor library as text.

/// Text of an error of the tensor library. In the browser it is shorter, because the full text needs code to
/// print backtraces, which would make the page 5 % larger.
pub fn words(error: &candle_core::Error) -> String {
    if cfg!(target_arch = "wasm32") { "an operation on tensors failed".into() } else { error.to_string() }
}
