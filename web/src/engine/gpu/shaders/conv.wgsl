// Convolution, kernel 4, stride 2, padding 1, then ReLU.
// x: [N, 2·HEIGHT, 2·WIDTH, 4·INPUTS], y: [N, HEIGHT, WIDTH, 4·OUTPUTS], both in quads of channels.
// An invocation has four neighbouring pixels of y and four channels: of a kernel row it reads ten
// quads of x and four matrices for sixteen products of a matrix and a quad.

override HEIGHT: u32;
override WIDTH: u32;
override INPUTS: u32;
override OUTPUTS: u32;

@group(0) @binding(0) var<storage, read> x: array<vec4f>;
// [4, INPUTS, 4, OUTPUTS]: kernel row, input quad, kernel column, output quad.
@group(0) @binding(1) var<storage, read> weight: array<mat4x4f>;
@group(0) @binding(2) var<storage, read> bias: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> y: array<vec4f>;

// The quad of x at a column of the row that begins at `line`; zero beyond the image, where what lies
// before 0 has wrapped around.
fn pixel(line: u32, column: u32, channel: u32) -> vec4f {
    let inside = column < 2u * WIDTH;
    let at = (line + select(0u, column, inside)) * INPUTS + channel;
    return select(vec4f(), x[at], inside);
}

fn put(line: u32, column: u32, output: u32, sum: vec4f) {
    if column < WIDTH {
        y[(line + column) * OUTPUTS + output] = max(sum, vec4f());
    }
}

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
    let tiles = (WIDTH + 3u) / 4u;
    let output = id.x % OUTPUTS;
    let column = id.x / OUTPUTS % tiles * 4u;
    let row = id.x / OUTPUTS / tiles;
    if row >= HEIGHT {
        return;
    }
    var sum0 = bias[output];
    var sum1 = sum0;
    var sum2 = sum0;
    var sum3 = sum0;
    for (var k = 0u; k < 4u; k++) {
        let source = 2u * row + k - 1u;
        if source >= 2u * HEIGHT {
            continue;
        }
        let line = (id.y * 2u * HEIGHT + source) * 2u * WIDTH;
        let left = 2u * column - 1u;
        for (var i = 0u; i < INPUTS; i++) {
            let at = (k * INPUTS + i) * 4u * OUTPUTS + output;
            let w0 = weight[at];
            let w1 = weight[at + OUTPUTS];
            let w2 = weight[at + 2u * OUTPUTS];
            let w3 = weight[at + 3u * OUTPUTS];
            let x2 = pixel(line, left + 2u, i);
            let x3 = pixel(line, left + 3u, i);
            let x4 = pixel(line, left + 4u, i);
            let x5 = pixel(line, left + 5u, i);
            let x6 = pixel(line, left + 6u, i);
            let x7 = pixel(line, left + 7u, i);
            sum0 += w0 * pixel(line, left, i) + w1 * pixel(line, left + 1u, i) + w2 * x2 + w3 * x3;
            sum1 += w0 * x2 + w1 * x3 + w2 * x4 + w3 * x5;
            sum2 += w0 * x4 + w1 * x5 + w2 * x6 + w3 * x7;
            sum3 += w0 * x6 + w1 * x7 + w2 * pixel(line, left + 8u, i) + w3 * pixel(line, left + 9u, i);
        }
    }
    let line = (id.y * HEIGHT + row) * WIDTH;
    put(line, column, output, sum0);
    put(line, column + 1u, output, sum1);
    put(line, column + 2u, output, sum2);
    put(line, column + 3u, output, sum3);
}
