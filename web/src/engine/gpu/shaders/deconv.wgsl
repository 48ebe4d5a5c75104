// Transposed convolution, kernel 4, stride 2, padding 1, then ReLU, by sub-pixel phases: the fine
// pixels (2r + p, 2c + q) of one phase (p, q) are a convolution of x with every other row and column
// of the kernel, 2×2, so that no product is with a zero.
// x: [N, HEIGHT, WIDTH, 4·INPUTS], y: [N, 2·HEIGHT, 2·WIDTH, 4·OUTPUTS], both in quads of channels.
// An invocation has four pixels of one phase, neighbours in x, and four channels: of a kernel row it
// reads five quads of x and two matrices for eight products of a matrix and a quad.

override HEIGHT: u32;
override WIDTH: u32;
override INPUTS: u32;
override OUTPUTS: u32;

@group(0) @binding(0) var<storage, read> x: array<vec4f>;
// [phase, 2, INPUTS, 2, OUTPUTS]: kernel row and column, the nearer first, as plan.rs packs them.
@group(0) @binding(1) var<storage, read> weight: array<mat4x4f>;
@group(0) @binding(2) var<storage, read> bias: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> y: array<vec4f>;

// The quad of x at a column of the row that begins at `line`; zero beyond the image, where what lies
// before 0 has wrapped around.
fn pixel(line: u32, column: u32, channel: u32) -> vec4f {
    let inside = column < WIDTH;
    let at = (line + select(0u, column, inside)) * INPUTS + channel;
    return select(vec4f(), x[at], inside);
}

fn put(line: u32, column: u32, output: u32, sum: vec4f) {
    if column < WIDTH {
        y[(line + 2u * column) * OUTPUTS + output] = max(sum, vec4f());
    }
}

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
    let tiles = (WIDTH + 3u) / 4u;
    let output = id.x % OUTPUTS;
    let column = id.x / OUTPUTS % tiles * 4u;
    let row = id.x / OUTPUTS / tiles % HEIGHT;
    let phase = id.x / OUTPUTS / tiles / HEIGHT;
    if phase >= 4u {
        return;
    }
    let p = phase / 2u;
    let q = phase % 2u;
    var sum0 = bias[output];
    var sum1 = sum0;
    var sum2 = sum0;
    var sum3 = sum0;
    for (var k = 0u; k < 2u; k++) {
        let source = row + p - k;
        if source >= HEIGHT {
            continue;
        }
        let line = (id.y * HEIGHT + source) * WIDTH;
        let left = column + q - 1u;
        for (var i = 0u; i < INPUTS; i++) {
            let at = ((phase * 2u + k) * INPUTS + i) * 2u * OUTPUTS + output;
            let near = weight[at];
            let far = weight[at + OUTPUTS];
            let x1 = pixel(line, left + 1u, i);
            let x2 = pixel(line, left + 2u, i);
            let x3 = pixel(line, left + 3u, i);
            sum0 += near * x1 + far * pixel(line, left, i);
            sum1 += near * x2 + far * x1;
            sum2 += near * x3 + far * x2;
            sum3 += near * pixel(line, left + 4u, i) + far * x3;
        }
    }
    let line = (id.y * 2u * HEIGHT + 2u * row + p) * 2u * WIDTH + q;
    put(line, column, output, sum0);
    put(line, column + 1u, output, sum1);
    put(line, column + 2u, output, sum2);
    put(line, column + 3u, output, sum3);
}
