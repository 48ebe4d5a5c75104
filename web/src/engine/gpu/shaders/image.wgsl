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

fn pixel(n: u32, row: i32, column: i32, channel: u32) -> vec4f {
    let inside = row >= 0 && row < i32(HEIGHT) && column >= 0 && column < i32(WIDTH);
    let at = (n * HEIGHT + u32(select(0, row, inside))) * WIDTH + u32(select(0, column, inside));
    return select(vec4f(), x[at * INPUTS + channel], inside);
}

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
    let channel = id.x % CHANNELS;
    let column = id.x / CHANNELS % WIDTH;
    let row = id.x / CHANNELS / WIDTH;
    if row >= HEIGHT {
        return;
    }
    let r = i32(row);
    let c = i32(column);
    // Phases (0, 0), (0, 1), (1, 0), (1, 1).
    var sum = vec4f(bias[channel]);
    for (var i = 0u; i < INPUTS; i++) {
        let at = (channel * INPUTS + i) * 16u;
        let here = pixel(id.y, r, c, i);
        let up = pixel(id.y, r - 1, c, i);
        let down = pixel(id.y, r + 1, c, i);
        let left = pixel(id.y, r, c - 1, i);
        let right = pixel(id.y, r, c + 1, i);
        sum.x += dot(here, weight[at + 5u]) + dot(left, weight[at + 7u])
            + dot(up, weight[at + 13u]) + dot(pixel(id.y, r - 1, c - 1, i), weight[at + 15u]);
        sum.y += dot(here, weight[at + 6u]) + dot(right, weight[at + 4u])
            + dot(up, weight[at + 14u]) + dot(pixel(id.y, r - 1, c + 1, i), weight[at + 12u]);
        sum.z += dot(here, weight[at + 9u]) + dot(left, weight[at + 11u])
            + dot(down, weight[at + 1u]) + dot(pixel(id.y, r + 1, c - 1, i), weight[at + 3u]);
        sum.w += dot(here, weight[at + 10u]) + dot(right, weight[at + 8u])
            + dot(down, weight[at + 2u]) + dot(pixel(id.y, r + 1, c + 1, i), weight[at]);
    }
    let at = ((id.y * 2u * HEIGHT + 2u * row) * 2u * WIDTH + 2u * column) * CHANNELS + channel;
    y[at] = sum.x;
    y[at + CHANNELS] = sum.y;
    y[at + 2u * WIDTH * CHANNELS] = sum.z;
    y[at + (2u * WIDTH + 1u) * CHANNELS] = sum.w;
}
