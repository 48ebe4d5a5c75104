// The last transposed convolution, to an image of one to four channels: logits, no activation.
// x: [N, HEIGHT, WIDTH, 4·INPUTS] in quads of channels, y: [N, 2·HEIGHT, 2·WIDTH, CHANNELS].
// Padding so few channels to quads would waste most products. Here a quad holds the four phases of
// one channel instead: an invocation has the 2×2 fine pixels of one pixel of x, and reads the nine
// quads around it for sixteen dot products.

override HEIGHT: u32;
override WIDTH: u32;
override INPUTS: u32;
override CHANNELS: u32;

@group(0) @binding(0) var<storage, read> x: array<vec4f>;
// [CHANNELS, INPUTS, 16]: kernel row and column, as stored.
@group(0) @binding(1) var<storage, read> weight: array<vec4f>;
@group(0) @binding(2) var<storage, read> bias: array<f32>;
@group(0) @binding(3) var<storage, read_write> y: array<f32>;

// The quad of x at a pixel; zero beyond the image, where what lies before 0 has wrapped around.
fn pixel(n: u32, row: u32, column: u32, channel: u32) -> vec4f {
    let inside = (row < HEIGHT) & (column < WIDTH);
    let at = ((n * HEIGHT + row) * WIDTH + column) * INPUTS + channel;
    return select(vec4f(), x[select(0u, at, inside)], inside);
}

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
    let channel = id.x % CHANNELS;
    let column = id.x / CHANNELS % WIDTH;
    let row = id.x / CHANNELS / WIDTH;
    if row >= HEIGHT {
        return;
    }
    // Phases (0, 0), (0, 1), (1, 0), (1, 1).
    var sum = vec4f(bias[channel]);
    for (var i = 0u; i < INPUTS; i++) {
        let w = (channel * INPUTS + i) * 16u;
        let here = pixel(id.y, row, column, i);
        let up = pixel(id.y, row - 1u, column, i);
        let down = pixel(id.y, row + 1u, column, i);
        let left = pixel(id.y, row, column - 1u, i);
        let right = pixel(id.y, row, column + 1u, i);
        sum += vec4f(
            dot(here, weight[w + 5u]),
            dot(here, weight[w + 6u]),
            dot(here, weight[w + 9u]),
            dot(here, weight[w + 10u]),
        ) + vec4f(
            dot(left, weight[w + 7u]),
            dot(right, weight[w + 4u]),
            dot(left, weight[w + 11u]),
            dot(right, weight[w + 8u]),
        ) + vec4f(
            dot(up, weight[w + 13u]),
            dot(up, weight[w + 14u]),
            dot(down, weight[w + 1u]),
            dot(down, weight[w + 2u]),
        ) + vec4f(
            dot(pixel(id.y, row - 1u, column - 1u, i), weight[w + 15u]),
            dot(pixel(id.y, row - 1u, column + 1u, i), weight[w + 12u]),
            dot(pixel(id.y, row + 1u, column - 1u, i), weight[w + 3u]),
            dot(pixel(id.y, row + 1u, column + 1u, i), weight[w]),
        );
    }
    let at = ((id.y * 2u * HEIGHT + 2u * row) * 2u * WIDTH + 2u * column) * CHANNELS + channel;
    y[at] = sum.x;
    y[at + CHANNELS] = sum.y;
    y[at + 2u * WIDTH * CHANNELS] = sum.z;
    y[at + (2u * WIDTH + 1u) * CHANNELS] = sum.w;
}
