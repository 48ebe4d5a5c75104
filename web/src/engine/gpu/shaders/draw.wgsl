// Draws decoded pictures straight from the decoder's last buffer: a triangle over the whole canvas,
// pictures side by side with GAP clear pixels between. The instance is the first
// picture. One or two channels are grey, three are RGB, a fourth is opacity.

override HEIGHT: u32;
override WIDTH: u32;
override CHANNELS: u32;
override GAP: u32;

// Logits, [N, HEIGHT, WIDTH, CHANNELS].
@group(0) @binding(0) var<storage, read> logits: array<f32>;

struct Corner {
    @builtin(position) position: vec4f,
    @location(0) @interpolate(flat, either) first: u32,
}

@vertex
fn corner(@builtin(vertex_index) index: u32, @builtin(instance_index) first: u32) -> Corner {
    let x = f32(index & 1u) * 4.0 - 1.0;
    let y = f32(index >> 1u) * 4.0 - 1.0;
    return Corner(vec4f(x, y, 0.0, 1.0), first);
}

// Mean of the likelihood.
fn mean(at: u32) -> f32 {
    return 1.0 / (1.0 + exp(-logits[at]));
}

@fragment
fn colour(corner: Corner) -> @location(0) vec4f {
    let at = vec2u(corner.position.xy);
    let picture = corner.first + at.x / (WIDTH + GAP);
    let column = at.x % (WIDTH + GAP);
    if column >= WIDTH {
        return vec4f();
    }
    let value = ((picture * HEIGHT + at.y) * WIDTH + column) * CHANNELS;
    if CHANNELS < 3u {
        return vec4f(vec3f(mean(value)), 1.0);
    }
    let rgb = vec3f(mean(value), mean(value + 1u), mean(value + 2u));
    if CHANNELS < 4u {
        return vec4f(rgb, 1.0);
    }
    let opacity = mean(value + 3u);
    return vec4f(rgb * opacity, opacity);
}
