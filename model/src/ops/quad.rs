//! Vectors of four values: SIMD vectors on wasm32, plain arrays elsewhere.

pub(super) use lanes::Quad;

#[cfg(target_arch = "wasm32")]
mod lanes {
    use core::arch::wasm32::{f32x4, f32x4_extract_lane, f32x4_gt, f32x4_splat, v128, v128_and};
    #[cfg(not(target_feature = "relaxed-simd"))]
    use core::arch::wasm32::{f32x4_add, f32x4_mul};

    #[derive(Clone, Copy)]
    pub(in crate::ops) struct Quad(v128);

    impl Quad {
        #[inline(always)]
        pub(in crate::ops) fn new([a, b, c, d]: [f32; 4]) -> Self {
            Self(f32x4(a, b, c, d))
        }

        /// self + scale · values, rounded once where relaxed SIMD has an instruction for it.
        #[inline(always)]
        pub(in crate::ops) fn plus(self, scale: f32, values: Self) -> Self {
            let scale = f32x4_splat(scale);
            #[cfg(target_feature = "relaxed-simd")]
            let sum = core::arch::wasm32::f32x4_relaxed_madd(scale, values.0, self.0);
            #[cfg(not(target_feature = "relaxed-simd"))]
            let sum = f32x4_add(self.0, f32x4_mul(scale, values.0));
            Self(sum)
        }

        #[inline(always)]
        pub(in crate::ops) fn relu(self) -> Self {
            Self(v128_and(self.0, f32x4_gt(self.0, f32x4_splat(0.0))))
        }

        #[inline(always)]
        pub(in crate::ops) fn values(self) -> [f32; 4] {
            [
                f32x4_extract_lane::<0>(self.0),
                f32x4_extract_lane::<1>(self.0),
                f32x4_extract_lane::<2>(self.0),
                f32x4_extract_lane::<3>(self.0),
            ]
        }
    }
}

#[cfg(not(target_arch = "wasm32"))]
mod lanes {
    #[derive(Clone, Copy)]
    pub(in crate::ops) struct Quad([f32; 4]);

    impl Quad {
        pub(in crate::ops) fn new(values: [f32; 4]) -> Self {
            Self(values)
        }

        /// self + scale · values.
        pub(in crate::ops) fn plus(self, scale: f32, values: Self) -> Self {
            Self(std::array::from_fn(|i| self.0[i] + scale * values.0[i]))
        }

        pub(in crate::ops) fn relu(self) -> Self {
            Self(self.0.map(|value| if value > 0.0 { value } else { 0.0 }))
        }

        pub(in crate::ops) fn values(self) -> [f32; 4] {
            self.0
        }
    }
}
