//! Ways to damage a file.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// Numbers that often break readers.
const NUMBERS: [u64; 12] =
    [0, 1, 2, 0x7f, 0x80, 0xff, 0x7fff, 0xffff, 0x7fff_ffff, 0xffff_ffff, 1 << 40, u64::MAX];
/// Number literals that replace numbers in text.
const WORDS: [&str; 16] = [
    "0",
    "-1",
    "1",
    "255",
    "65536",
    "4294967296",
    "1000000000000000000",
    "18446744073709551616",
    "1e308",
    "-1e308",
    "1e-320",
    "nan",
    "inf",
    "null",
    "\"\"",
    "[]",
];
/// Characters that structure text.
const LETTERS: &[u8] = b"{}[]()\"',:=.\n\r\t #\0\xff";
/// Maximum length of a moved block.
const BLOCK: usize = 4096;

/// Returns mutant `number`: one of `seeds` with one to four faults.
///
/// # Panics
/// If `seeds` is empty.
pub fn mutant(seeds: &[Vec<u8>], number: u64) -> Vec<u8> {
    let mut rng = ChaCha8Rng::seed_from_u64(number);
    let mut bytes = seeds[number as usize % seeds.len()].clone();
    for _ in 0..rng.random_range(1..=4) {
        damage(&mut bytes, seeds, &mut rng);
    }
    bytes
}

fn damage(bytes: &mut Vec<u8>, seeds: &[Vec<u8>], rng: &mut ChaCha8Rng) {
    if bytes.is_empty() {
        bytes.push(rng.random());
        return;
    }
    let (at, block) = block(bytes.len(), rng);
    match rng.random_range(0..14) {
        0 | 1 => bytes[at] ^= 1 << rng.random_range(0..8),
        2 => bytes[at] = rng.random(),
        3 | 4 => number(bytes, at, rng),
        5 => bytes.truncate(at),
        6 => bytes.extend((0..rng.random_range(1..64)).map(|_| rng.random::<u8>())),
        7 => drop(bytes.drain(at..at + block)),
        8 => {
            let copy = bytes[at..at + block].to_vec();
            bytes.splice(at..at, copy);
        }
        9 => bytes[at..at + block].fill(if rng.random() { 0 } else { 0xff }),
        10 => {
            let other = &seeds[rng.random_range(0..seeds.len())];
            if !other.is_empty() {
                let (from, length) = self::block(other.len(), rng);
                bytes.splice(at..at + block, other[from..from + length].iter().copied());
            }
        }
        11 | 12 => word(bytes, at, rng),
        _ => bytes.insert(at, LETTERS[rng.random_range(0..LETTERS.len())]),
    }
}

/// Start and length of a block, mostly short.
fn block(length: usize, rng: &mut ChaCha8Rng) -> (usize, usize) {
    // Half of the faults are near the beginning, where headers are.
    let end = if rng.random() { length } else { length.min(512) };
    let at = rng.random_range(0..end);
    let most = 1usize << rng.random_range(0..=BLOCK.ilog2());
    (at, rng.random_range(1..=most).min(length - at))
}

/// Overwrites an integer of random width and byte order.
fn number(bytes: &mut [u8], at: usize, rng: &mut ChaCha8Rng) {
    let width = (1usize << rng.random_range(0..4)).min(bytes.len() - at);
    let value = NUMBERS[rng.random_range(0..NUMBERS.len())].to_le_bytes();
    let place = &mut bytes[at..at + width];
    place.copy_from_slice(&value[..width]);
    if rng.random() {
        place.reverse();
    }
}

/// Replaces the next number in text by a word.
fn word(bytes: &mut Vec<u8>, at: usize, rng: &mut ChaCha8Rng) {
    let Some(from) = bytes[at..].iter().position(u8::is_ascii_digit).map(|from| at + from) else { return };
    let digit = |byte: &u8| byte.is_ascii_digit() || matches!(byte, b'.' | b'e' | b'-');
    let length = bytes[from..].iter().take_while(|byte| digit(byte)).count();
    bytes.splice(from..from + length, WORDS[rng.random_range(0..WORDS.len())].bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_determines_the_mutant_and_nearly_all_differ_from_the_seeds() {
        let seeds = vec![b"{\"count\": 12, \"name\": \"a\"}".to_vec(), (0..=255).collect(), Vec::new()];
        let changed = (0..300).filter(|&number| {
            let bytes = mutant(&seeds, number);
            assert_eq!(bytes, mutant(&seeds, number));
            !seeds.contains(&bytes)
        });
        assert!(changed.count() > 270);
    }
}
