//! LZW compression as in GIF (Welch 1984): codes of 9 to 12 bits, lowest bits first, each for a run of
//! indices that occurred before.

/// Code that resets the table.
const CLEAR: u16 = 256;
/// Code that ends the picture.
const END: u16 = 257;
/// Maximum number of codes, which have up to 12 bits.
const FULL: usize = 1 << 12;

/// Compresses `indices` to packed codes.
pub(super) fn compress(indices: &[u8]) -> Vec<u8> {
    let mut bits = Bits::default();
    // Row c has, for each index, the code that extends code c by it, or 0.
    let mut table: Vec<[u16; 256]> = Vec::new();
    let mut width = 0;
    let anew = |table: &mut Vec<_>, bits: &mut Bits, width: &mut u32| {
        bits.put(CLEAR, (*width).max(9));
        table.clear();
        table.resize(usize::from(END) + 1, [0; 256]);
        *width = 9;
    };
    anew(&mut table, &mut bits, &mut width);
    let mut rest = indices.iter().copied();
    let Some(first) = rest.next() else { return Vec::new() };
    let mut code = u16::from(first);
    for index in rest {
        let next = table[usize::from(code)][usize::from(index)];
        if next != 0 {
            code = next;
            continue;
        }
        bits.put(code, width);
        if table.len() == FULL {
            anew(&mut table, &mut bits, &mut width);
        } else {
            table[usize::from(code)][usize::from(index)] = table.len() as u16;
            table.push([0; 256]);
            width += u32::from(table.len() > 1 << width);
        }
        code = index.into();
    }
    bits.put(code, width);
    // The decoder knows one more code by now.
    width += u32::from(table.len() == 1 << width && table.len() < FULL);
    bits.put(END, width);
    bits.bytes.push(bits.held as u8);
    bits.bytes
}

/// Packs bits into bytes.
#[derive(Default)]
struct Bits {
    bytes: Vec<u8>,
    held: u32,
    count: u32,
}

impl Bits {
    fn put(&mut self, code: u16, width: u32) {
        self.held |= u32::from(code) << self.count;
        self.count += width;
        while self.count >= 8 {
            self.bytes.push(self.held as u8);
            self.held >>= 8;
            self.count -= 8;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Random;
    use weezl::{BitOrder, decode::Decoder};

    /// The code width may grow exactly at the end of a picture.
    #[test]
    fn a_picture_of_any_length_ends_where_it_should() {
        let mut random = Random::new(6);
        let noise: Vec<u8> = (0..4200).map(|_| random.below(256) as u8).collect();
        for length in (1..=600).chain(760..=780).chain(3830..=4200) {
            let picture = &noise[..length];
            let read = Decoder::new(BitOrder::Lsb, 8).decode(&compress(picture));
            assert_eq!(read.as_deref().ok(), Some(picture), "{length} pixels");
        }
    }
}
