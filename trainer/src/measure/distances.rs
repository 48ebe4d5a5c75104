//! Squared Euclidean distances between images, as ‖a‖² + ‖b‖² − 2 a·b, with a single matrix product.

use candle_core::{Device, Result, Tensor};

/// Returns ‖a − b‖², `[N, M]`, for points a, `[N, P]`, and b, `[M, P]`, of P `values` each.
pub(super) fn squared(first: &[f32], second: &[f32], values: usize) -> Result<Vec<Vec<f32>>> {
    let [a, b] = [first, second]
        .map(|points| Tensor::from_slice(points, (points.len() / values, values), &Device::Cpu));
    let mut distances = a?.matmul(&b?.t()?)?.to_vec2::<f32>()?;
    let norms = |points: &[f32]| -> Vec<f32> {
        points.chunks_exact(values).map(|point| point.iter().map(|v| v * v).sum()).collect()
    };
    let (first, second) = (norms(first), norms(second));
    for (row, a) in distances.iter_mut().zip(first) {
        for (distance, b) in row.iter_mut().zip(&second) {
            *distance = (a + b - 2.0 * *distance).max(0.0);
        }
    }
    Ok(distances)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances_match_hand_computed_ones() -> Result<()> {
        let distances = squared(&[0.0, 0.0, 1.0, 2.0], &[3.0, 4.0, 1.0, 2.0, 0.0, 0.0], 2)?;
        assert_eq!(distances, [[25.0, 5.0, 0.0], [8.0, 0.0, 5.0]]);
        Ok(())
    }
}
