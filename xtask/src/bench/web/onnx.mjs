// A model's decoder as an ONNX file, written field by field in protobuf's wire format.

const OPSET = 17;

/** The value of a half-precision number's bits. */
function half(bits) {
  const [sign, exponent, fraction] = [bits >> 15 ? -1 : 1, (bits >> 10) & 31, bits & 1023];
  if (exponent === 31) return fraction ? NaN : sign * Infinity;
  return sign * (exponent ? 2 ** (exponent - 15) * (1 + fraction / 1024) : 2 ** -14 * (fraction / 1024));
}

/** The tensors of a safetensors file, of single or half precision: shape and values. */
export function tensors(file) {
  // A plain array: Node's own kind slices without copying.
  const bytes = new Uint8Array(file.buffer, file.byteOffset, file.byteLength);
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const start = 8 + Number(view.getBigUint64(0, true));
  const header = JSON.parse(new TextDecoder().decode(bytes.subarray(8, start)));
  const { __metadata__, ...rest } = header;
  const card = JSON.parse(__metadata__.latentscope);
  const read = ({ dtype, shape, data_offsets: [from, to] }) => {
    const { buffer } = bytes.slice(start + from, start + to);
    return { shape, values: dtype === "F16" ? Float32Array.from(new Uint16Array(buffer), half) : new Float32Array(buffer) };
  };
  return { card, tensors: Object.fromEntries(Object.entries(rest).map(([name, entry]) => [name, read(entry)])) };
}

/** The values of a tensor with its axes in another order. */
export function permuted({ shape, values }, order) {
  const strides = shape.map((_, axis) => shape.slice(axis + 1).reduce((a, b) => a * b, 1));
  const out = new Float32Array(values.length);
  const sizes = order.map((axis) => shape[axis]);
  const at = sizes.map(() => 0);
  for (let i = 0; i < out.length; i++) {
    out[i] = values[order.reduce((sum, axis, j) => sum + at[j] * strides[axis], 0)];
    for (let j = at.length - 1; j >= 0 && ++at[j] === sizes[j]; j--) at[j] = 0;
  }
  return { shape: sizes, values: out };
}

const varint = (value) => {
  const bytes = [];
  for (let rest = BigInt.asUintN(64, BigInt(value)); ; rest >>= 7n) {
    if (rest < 128n) return [...bytes, Number(rest)];
    bytes.push(Number(rest & 127n) | 128);
  }
};
const number = (field, value) => Buffer.from([...varint(field << 3), ...varint(value)]);
const bytes = (field, data) => Buffer.concat([Buffer.from([...varint((field << 3) | 2), ...varint(data.length)]), data]);
const text = (field, value) => bytes(field, Buffer.from(value));

const tensor = (name, { shape, values }) => Buffer.concat([
  ...shape.map((size) => number(1, size)), number(2, 1), text(8, name), bytes(9, Buffer.from(values.buffer)),
]);
const integers = (name, list) => Buffer.concat([
  number(1, list.length), number(2, 7), text(8, name), bytes(9, Buffer.from(BigInt64Array.from(list, BigInt).buffer)),
]);
const list = (name, values) => Buffer.concat([text(1, name), ...values.map((value) => number(8, value)), number(20, 7)]);
const flag = (name, value) => Buffer.concat([text(1, name), number(3, value), number(20, 2)]);
const node = (kind, inputs, output, attributes = []) => Buffer.concat([
  ...inputs.map((input) => text(1, input)), text(2, output), text(4, kind), ...attributes.map((a) => bytes(5, a)),
]);
const value = (name, sizes) => {
  const size = (s) => bytes(1, typeof s === "string" ? text(2, s) : number(1, s));
  const type = bytes(1, Buffer.concat([number(1, 1), bytes(2, Buffer.concat(sizes.map(size)))]));
  return Buffer.concat([text(1, name), bytes(2, type)]);
};

/** Codes `z`, [N, D], to pixel means `x`, [N, C, H, W]. */
export function decoder(file) {
  const { card, tensors: all } = tensors(file);
  const { image, latent, channels, hidden } = card.model;
  const [height, width] = [image.height, image.width].map((side) => side >> channels.length);
  const deep = channels.at(-1);
  const named = (name) => all[`decoder.${name}`];
  // Channels last there, channels first here.
  const dense = permuted({ ...named("dense.1.weight"), shape: [height, width, deep, hidden] }, [2, 0, 1, 3]);
  const bias = permuted({ ...named("dense.1.bias"), shape: [height, width, deep] }, [2, 0, 1]);
  const initializers = [
    tensor("w0", named("dense.0.weight")), tensor("b0", named("dense.0.bias")),
    tensor("w1", { shape: [deep * height * width, hidden], values: dense.values }),
    tensor("b1", { shape: [deep * height * width], values: bias.values }),
    integers("features", [-1, deep, height, width]),
  ];
  const nodes = [
    node("Gemm", ["z", "w0", "b0"], "g0", [flag("transB", 1)]), node("Relu", ["g0"], "h0"),
    node("Gemm", ["h0", "w1", "b1"], "g1", [flag("transB", 1)]), node("Relu", ["g1"], "h1"),
    node("Reshape", ["h1", "features"], "x0"),
  ];
  channels.forEach((_, i) => {
    initializers.push(
      tensor(`k${i}`, permuted(named(`deconv.${i}.weight`), [0, 3, 1, 2])), tensor(`c${i}`, named(`deconv.${i}.bias`)));
    const last = i + 1 === channels.length;
    nodes.push(
      node("ConvTranspose", [`x${i}`, `k${i}`, `c${i}`], `y${i}`, [
        list("kernel_shape", [4, 4]), list("strides", [2, 2]), list("pads", [1, 1, 1, 1])]),
      node(last ? "Sigmoid" : "Relu", [`y${i}`], last ? "x" : `x${i + 1}`));
  });
  const graph = Buffer.concat([
    ...nodes.map((n) => bytes(1, n)), text(2, "decoder"), ...initializers.map((t) => bytes(5, t)),
    bytes(11, value("z", ["n", latent])), bytes(12, value("x", ["n", image.channels, image.height, image.width])),
  ]);
  const opset = bytes(8, number(2, OPSET));
  return Buffer.concat([number(1, 8), bytes(7, graph), opset]);
}
