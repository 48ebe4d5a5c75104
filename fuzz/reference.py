"""Compares damaged files that latentscope accepts with widely used readers.

    python3 fuzz/reference.py PROGRAM [MUTANTS [FIRST [KIND ...]]]

Makes MUTANTS (default 100, numbered from FIRST, default 0) damaged copies of each KIND of file: npz and npy (numpy),
hdf5 (h5py) and pictures (Pillow); all kinds by default. PROGRAM, the built `latentscope`, reads each copy. A copy that
it accepts must have the pixels that the reference reads, or those of the undamaged file, since some damage has no effect
and the readers check different things. Kinds whose reader is not installed are skipped with a message. Exits with 1 if a
copy gave other pixels, which is kept and named.
"""

import collections
import importlib
import io
import random
import subprocess
import sys
import tempfile
import warnings
from pathlib import Path

HEADER = 4096  # Bytes before the pixels in a file of prepared images.
PATIENCE = 60  # Time limit of the program for one file, in seconds.


def damaged(data, rng, most):
    """Returns a copy with one to `most` faults: flipped bits, other bytes, cuts, insertions, zeros."""
    data = bytearray(data)
    for _ in range(rng.randint(1, most)):
        at = rng.randrange(len(data)) if rng.random() < 0.5 else rng.randrange(min(len(data), 512))
        length = min(1 << rng.randint(0, 7), len(data) - at)
        fault = rng.randrange(6)
        if fault < 2:
            data[at] ^= 1 << rng.randrange(8)
        elif fault == 2:
            data[at] = rng.randrange(256)
        elif fault == 3:
            data[at : at + length] = bytes(length)
        elif fault == 4:
            data[at:at] = data[at : at + length]
        else:
            del data[at : at + max(1, length // 8)]
        if not data:
            data = bytearray(b"\0")
    return bytes(data)


def run(program, *arguments, folder):
    """Whether the program succeeded. Panics and hangs are errors."""
    command = [program, *map(str, arguments)]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=PATIENCE)
    if done.returncode not in (0, 1) or "panicked" in done.stderr:
        raise AssertionError(f"{' '.join(command)} ended with {done.returncode}: {done.stderr}")
    return done.returncode == 0


def judged(path, data, source, whole, theirs, program, *options):
    """Prepares a file with these bytes. Returns None if it is refused, otherwise which reader gives the same pixels.

    `whole` are the pixels before the damage; `theirs` returns those that the reference reads.
    """
    path.write_bytes(data)
    folder = path.parent.parent if path.parent.name == "in" else path.parent
    out = folder / "out.images"
    out.unlink(missing_ok=True)
    if not run(program, "data", "prepare", *source, "--out", out, *options, folder=folder):
        return None
    ours = out.read_bytes()[HEADER:]
    try:
        pixels = theirs()
    except Exception as refusal:  # References raise many kinds of errors.
        pixels = refusal
    if isinstance(pixels, bytes) and ours[: len(pixels)] == pixels:
        return "read alike"
    if pixels is None:
        return "not compared"
    assert ours[: len(whole)] == whole, f"other pixels than the file had; the reference: {str(pixels)[:80]}"
    return "whole to us"


def npz(numpy, program, folder):
    """Files like dSprites: bytes 0 and 1 in `imgs`, stored or deflated."""
    pixels = (numpy.arange(40 * 16) % 7 == 0).astype(numpy.uint8).reshape(40, 4, 4)
    seeds = []
    for save in (numpy.savez, numpy.savez_compressed):
        data = io.BytesIO()
        save(data, imgs=pixels)
        seeds.append(data.getvalue())

    path = Path(folder, "d.npz")
    theirs = lambda: (numpy.load(path, allow_pickle=False)["imgs"] * 255).astype(numpy.uint8).tobytes()
    return seeds, lambda data, _: judged(path, data, ("dsprites", path), (255 * pixels).tobytes(), theirs, program)


def hdf5(h5py, program, folder):
    """Files like 3D Shapes: bytes `[N, H, W, 3]` in `images`, contiguous or chunked."""
    numpy = importlib.import_module("numpy")
    pixels = numpy.arange(70 * 2 * 2 * 3, dtype=numpy.uint32).astype(numpy.uint8).reshape(70, 2, 2, 3)
    path, seeds = Path(folder, "3dshapes.h5"), []
    for options in ({}, {"chunks": (7, 2, 2, 3)}, {"chunks": (7, 2, 2, 3), "compression": "gzip", "fletcher32": True}):
        with h5py.File(path, "w") as file:
            file.create_dataset("images", data=pixels, **options)
        seeds.append(path.read_bytes())

    def theirs():
        with h5py.File(path, "r") as file:
            return file["images"][()].tobytes()

    return seeds, lambda data, _: judged(path, data, ("shapes3d", path), pixels.tobytes(), theirs, program)


def npy(numpy, program, folder):
    """Indices of a world's images, with several types and orders."""
    known = numpy.arange(100)
    path, out = Path(folder, "i.npy"), Path(folder, "o.npy")
    numpy.save(path, known)
    render = lambda: run(program, "world", "render", "sprites", "--indices", path, "--out", out, folder=folder)
    assert render(), "the whole file was refused"
    images, seeds = numpy.load(out), []
    for kind in ("<i8", "<i4", "<u2", "|u1"):
        data = io.BytesIO()
        numpy.save(data, (known[::-3] % 90).astype(kind))
        seeds.append(data.getvalue())

    def check(data, _):
        path.write_bytes(data)
        if not render():
            return None
        indices, drawn = numpy.load(path, allow_pickle=False), numpy.load(out)
        assert drawn.shape[0] == indices.size, f"{drawn.shape[0]} images for {indices.size} indices"
        for index, image in zip(indices.ravel(), drawn):
            assert index >= 100 or (image == images[index]).all(), f"another image than that of {index}"
        return "read alike"

    return seeds, check


def pictures(pillow, program, folder):
    """PNG, BMP, GIF and TIFF files of 16×16 pixels, which need no resizing."""
    pixels = bytes((7 * place) % 256 for place in range(16 * 16 * 3))
    image = pillow.frombytes("RGB", (16, 16), pixels)
    forms = [(image, "PNG"), (image, "BMP"), (image.quantize(32), "GIF"), (image, "TIFF")]
    forms += [(image.convert("L"), "PNG"), (image.quantize(16), "PNG")]
    seeds = []
    for image, form in forms:
        data = io.BytesIO()
        image.save(data, form)
        seeds.append(data.getvalue())
    path = Path(folder, "in", "a.png")
    path.parent.mkdir()

    def theirs():
        image = pillow.open(path)
        covered = (0, 0, *image.size)
        if getattr(image, "dispose_extent", covered) != covered:
            return None  # Pillow fills uncovered parts of a GIF's first picture; browsers and latentscope leave them clear.
        image.load()
        if image.mode == "P" and 3 * image.getextrema()[1] >= len(image.palette.palette):
            return None  # Pillow reads colours outside the palette as black.
        assert image.size == (16, 16) and "A" not in image.mode and "transparency" not in image.info
        return image.convert("RGB").tobytes()

    def check(data, seed):
        options = ("--side", 16, "--whole", "--grey", "false")
        whole = pillow.open(io.BytesIO(seed)).convert("RGB").tobytes()
        return judged(path, data, ("folder", path.parent), whole, theirs, program, *options)

    return seeds, check


# Reader and maximum number of faults of each kind. HDF5's plain chunks have no checksum, so a changed pixel is only
# found if the reference reads the file, which another fault might prevent.
KINDS = {
    "npz": ("numpy", npz, 3),
    "hdf5": ("h5py", hdf5, 1),
    "npy": ("numpy", npy, 3),
    "pictures": ("PIL.Image", pictures, 3),
}


def main():
    program = str(Path(sys.argv[1]).resolve())
    mutants = int(sys.argv[2]) if len(sys.argv) > 2 else 100
    first = int(sys.argv[3]) if len(sys.argv) > 3 else 0
    warnings.simplefilter("ignore")
    wrong = 0
    for kind in sys.argv[4:] or KINDS:
        module, prepare, most = KINDS[kind]
        try:
            reader = importlib.import_module(module)
        except ImportError:
            print(f"{kind}: left out, this Python has no {module}")
            continue
        with tempfile.TemporaryDirectory() as folder:
            seeds, check = prepare(reader, program, folder)
            for seed in seeds:
                assert check(seed, seed) == "read alike", f"{kind}: a whole file was refused"
            outcomes = collections.Counter()
            for number in range(first, first + mutants):
                seed = seeds[number % len(seeds)]
                data = damaged(seed, random.Random(number), most)
                try:
                    outcomes[check(data, seed)] += 1
                except Exception as fault:
                    kept = Path(tempfile.gettempdir(), f"latentscope-{kind}-{number}")
                    kept.write_bytes(data)
                    wrong += 1
                    print(f"{kind}: mutant {number} was accepted, but {type(fault).__name__}: {fault}; see {kept}")
            alike, ours = outcomes["read alike"], outcomes["whole to us"]
            print(f"{kind}: {mutants} damaged files, {alike} read as {module} reads them, {ours} whole to us alone")
    sys.exit(wrong > 0)


if __name__ == "__main__":
    main()
