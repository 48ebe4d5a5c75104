// The decoders that are compared, each as `await load()` and `await decode(codes, count)`.
import { permuted, tensors } from "./onnx.mjs";

const file = async (path) => new Uint8Array(await (await fetch(path)).arrayBuffer());

const script = (src) => new Promise((done, failed) => {
  document.head.append(Object.assign(document.createElement("script"), { src, onload: done, onerror: failed }));
});

async function ours(kind, folder = "ours") {
  const module = await import(`/${folder}/latentscope.js`);
  await module.default();
  const model = await module[kind].load(await file("/model.safetensors"));
  return (codes) => model.decode(codes);
}

async function onnx(bundle, provider) {
  const ort = await import(`/npm/onnxruntime-web/dist/${bundle}`);
  ort.env.wasm.numThreads = 1;
  ort.env.wasm.wasmPaths = "/npm/onnxruntime-web/dist/";
  ort.env.logLevel = "error";
  const session = await ort.InferenceSession.create(await file("/model.onnx"), { executionProviders: [provider] });
  return async (codes, count) => {
    const { x } = await session.run({ z: new ort.Tensor("float32", codes, [count, codes.length / count]) });
    const values = await x.getData();
    x.dispose();
    return values;
  };
}

async function tensorflow(backend) {
  if (!globalThis.tf) await script("/npm/@tensorflow/tfjs/dist/tf.min.js");
  if (!tf.findBackendFactory(backend)) await script(`/npm/@tensorflow/tfjs-backend-${backend}/dist/tf-backend-${backend}.min.js`);
  if (backend === "wasm") tf.wasm.setWasmPaths("/npm/@tensorflow/tfjs-backend-wasm/dist/");
  await tf.setBackend(backend);
  const { card, tensors: all } = tensors(await file("/model.safetensors"));
  const { channels, image } = card.model;
  const [height, width] = [image.height, image.width].map((side) => side >> channels.length);
  const take = ({ values, shape }) => tf.tensor(values, shape);
  const named = (name) => all[`decoder.${name}`];
  const dense = [0, 1].map((i) => ({ a: take(permuted(named(`dense.${i}.weight`), [1, 0])), bias: take(named(`dense.${i}.bias`)) }));
  const layers = channels.map((_, i) => ({
    filter: take(permuted(named(`deconv.${i}.weight`), [1, 2, 3, 0])),
    bias: take(named(`deconv.${i}.bias`)),
  }));
  return async (codes, count) => {
    await tf.setBackend(backend);
    const result = tf.tidy(() => {
      let x = tf.tensor(codes, [count, codes.length / count]);
      for (const { a, bias } of dense) x = tf.fused.matMul({ a: x, b: a, bias, activation: "relu" });
      x = x.reshape([count, height, width, channels.at(-1)]);
      layers.forEach(({ filter, bias }, i) => {
        const [, h, w] = x.shape;
        x = tf.conv2dTranspose(x, filter, [count, 2 * h, 2 * w, filter.shape[2]], 2, "same").add(bias);
        if (i + 1 < layers.length) x = x.relu();
      });
      return x.sigmoid();
    });
    const values = await result.data();
    result.dispose();
    return values;
  };
}

/** By name; the first three are ours. */
export const contenders = {
  "ours, CPU": () => ours("Model"),
  "ours, relaxed SIMD": () => ours("Model", "relaxed"),
  "ours, WebGPU": () => ours("GpuModel"),
  "ONNX Runtime, wasm": () => onnx("ort.wasm.min.mjs", "wasm"),
  "ONNX Runtime, WebGPU": () => onnx("ort.webgpu.min.mjs", "webgpu"),
  "TensorFlow.js, wasm": () => tensorflow("wasm"),
  "TensorFlow.js, WebGPU": () => tensorflow("webgpu"),
};

/** `count` codes on a curve through all units. */
export const codes = (count, latent) => Float32Array.from({ length: count * latent }, (_, i) => 1.5 * Math.sin(0.7 * i));
