// y = W·x + b, ReLU if asked for. x: [N, 4·INPUTS], y: [N, 4·OUTPUTS], both in quads.
// An invocation has four rows of x and four outputs: each quad of weights is read for sixteen
// products. Rows come in fours, so that none has to be checked.

override INPUTS: u32;
override OUTPUTS: u32;
override RELU: bool;

@group(0) @binding(0) var<storage, read> x: array<vec4f>;
// [INPUTS, OUTPUTS]; a column an input, a row an output.
@group(0) @binding(1) var<storage, read> weight: array<mat4x4f>;
@group(0) @binding(2) var<storage, read> bias: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> y: array<vec4f>;

fn put(row: u32, output: u32, sum: vec4f) {
    y[row * OUTPUTS + output] = select(sum, max(sum, vec4f()), RELU);
}

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
    let output = id.x;
    if output >= OUTPUTS {
        return;
    }
    let row = 4u * id.y;
    var sum0 = bias[output];
    var sum1 = sum0;
    var sum2 = sum0;
    var sum3 = sum0;
    for (var i = 0u; i < INPUTS; i++) {
        let w = weight[i * OUTPUTS + output];
        sum0 += w * x[row * INPUTS + i];
        sum1 += w * x[(row + 1u) * INPUTS + i];
        sum2 += w * x[(row + 2u) * INPUTS + i];
        sum3 += w * x[(row + 3u) * INPUTS + i];
    }
    put(row, output, sum0);
    put(row + 1u, output, sum1);
    put(row + 2u, output, sum2);
    put(row + 3u, output, sum3);
}
