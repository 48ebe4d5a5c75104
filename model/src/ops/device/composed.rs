//! Operations whose value is already computed and whose gradients are written by hand.
//!
//! Each node that a gradient passes on candle's tape costs two kernels, and the gradient of candle's
//! gather is a scatter. Here a whole layer is one node: its value comes from candle's operations on
//! detached tensors, its gradients from a closure.

use candle_core::backend::BackendStorage;
use candle_core::{
    CpuStorage, CudaStorage, CustomOp2, CustomOp3, Error, Layout, Result, Shape, Storage, Tensor,
};

/// One gradient per input, if wanted.
type Gradients<const N: usize> = [Option<Tensor>; N];

/// Computes the gradients of the inputs from the detached inputs and the gradient of the value.
type Backward<const N: usize> = Box<dyn Fn([&Tensor; N], &Tensor) -> Result<Gradients<N>> + Send + Sync>;

/// A value with its backward function.
pub(super) struct Composed<const N: usize> {
    value: Tensor,
    backward: Backward<N>,
}

impl<const N: usize> Composed<N> {
    /// Combines `value`, computed from detached tensors, with its `backward` function.
    pub(super) fn new(
        value: Tensor,
        backward: impl Fn([&Tensor; N], &Tensor) -> Result<Gradients<N>> + Send + Sync + 'static,
    ) -> Result<Self> {
        Ok(Self { value: value.contiguous()?, backward: Box::new(backward) })
    }

    fn on_cpu(&self) -> Result<(CpuStorage, Shape)> {
        let (storage, layout) = self.value.storage_and_layout();
        match &*storage {
            Storage::Cpu(storage) => Ok((storage.try_clone(layout)?, layout.shape().clone())),
            _ => Err(Error::Msg("a layer's value and its inputs lie on different devices".to_owned())),
        }
    }

    fn on_cuda(&self) -> Result<(CudaStorage, Shape)> {
        let (storage, layout) = self.value.storage_and_layout();
        match &*storage {
            Storage::Cuda(storage) => Ok((storage.try_clone(layout)?, layout.shape().clone())),
            _ => Err(Error::Msg("a layer's value and its inputs lie on different devices".to_owned())),
        }
    }

    fn gradients(&self, inputs: [&Tensor; N], gradient: &Tensor) -> Result<Gradients<N>> {
        let detached = inputs.map(Tensor::detach);
        let gradients = (self.backward)(detached.each_ref(), &gradient.contiguous()?)?;
        let mut wanted = inputs.iter().map(|input| input.track_op());
        Ok(gradients.map(|gradient| if wanted.next() == Some(true) { gradient } else { None }))
    }
}

impl CustomOp2 for Composed<2> {
    fn name(&self) -> &'static str {
        "composed"
    }

    fn cpu_fwd(&self, _: &CpuStorage, _: &Layout, _: &CpuStorage, _: &Layout) -> Result<(CpuStorage, Shape)> {
        self.on_cpu()
    }

    fn cuda_fwd(
        &self,
        _: &CudaStorage,
        _: &Layout,
        _: &CudaStorage,
        _: &Layout,
    ) -> Result<(CudaStorage, Shape)> {
        self.on_cuda()
    }

    fn bwd(
        &self,
        a: &Tensor,
        b: &Tensor,
        _value: &Tensor,
        gradient: &Tensor,
    ) -> Result<(Option<Tensor>, Option<Tensor>)> {
        self.gradients([a, b], gradient).map(Into::into)
    }
}

impl CustomOp3 for Composed<3> {
    fn name(&self) -> &'static str {
        "composed"
    }

    fn cpu_fwd(
        &self,
        _: &CpuStorage,
        _: &Layout,
        _: &CpuStorage,
        _: &Layout,
        _: &CpuStorage,
        _: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        self.on_cpu()
    }

    fn cuda_fwd(
        &self,
        _: &CudaStorage,
        _: &Layout,
        _: &CudaStorage,
        _: &Layout,
        _: &CudaStorage,
        _: &Layout,
    ) -> Result<(CudaStorage, Shape)> {
        self.on_cuda()
    }

    fn bwd(
        &self,
        a: &Tensor,
        b: &Tensor,
        c: &Tensor,
        _value: &Tensor,
        gradient: &Tensor,
    ) -> Result<(Option<Tensor>, Option<Tensor>, Option<Tensor>)> {
        self.gradients([a, b, c], gradient).map(Into::into)
    }
}
