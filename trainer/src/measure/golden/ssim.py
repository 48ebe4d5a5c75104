"""Computes the SSIM of two test images with scikit-image, with the window of Wang et al. 2004.

python3 -m venv venv && venv/bin/pip install numpy scikit-image && venv/bin/python ssim.py
The values stand in ../ssim.rs.
"""

import numpy as np
from skimage.metrics import structural_similarity

for height, width in [(64, 64), (16, 32), (11, 11)]:
    y, x = np.mgrid[:height, :width]
    disc = ((y * y + x * x) % 97 < 40).astype(np.float64)
    blurred = ((3 * y + 5 * x) % 17) / 16 * 0.5 + 0.25 * disc
    value = structural_similarity(
        disc, blurred, data_range=1.0, gaussian_weights=True, sigma=1.5, use_sample_covariance=False
    )
    print(height, width, repr(float(value)))
