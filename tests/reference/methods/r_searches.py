"""Where R's root finder and simplex search stop: a few values of the fixtures are exact only to their tolerance.

The toolkit solves the same equations to rounding. Starting R's published algorithms on the toolkit's own functions
shows that the difference is where a search stopped, and nothing else.
"""

from __future__ import annotations

from collections.abc import Callable
from math import isfinite

import numpy as np

from tests.reference.fixtures import Numbers

# R's default for uniroot, and metafor's for its own searches.
QUARTER_EPS = np.finfo(float).eps ** 0.25
HALF_EPS = np.finfo(float).eps ** 0.5


def stop_like_uniroot(
    function: Callable[[float], float], low: float, high: float, *, tol: float = QUARTER_EPS, most: int = 1000
) -> float:
    """Brent's zeroin (1973) with R's stopping rule."""
    before, here, other = low, high, low
    f_before, f_here = function(low), function(high)
    f_other = f_before
    if f_before == 0:
        return low
    for _ in range(most + 1):
        last_step = here - before
        if abs(f_other) < abs(f_here):
            before, here, other = here, other, here
            f_before, f_here, f_other = f_here, f_other, f_here
        allowed = 2 * np.finfo(float).eps * abs(here) + tol / 2
        step = (other - here) / 2
        if abs(step) <= allowed or f_here == 0:
            return here
        if abs(last_step) >= allowed and abs(f_before) > abs(f_here):
            width, ratio = other - here, f_here / f_before
            if before == other:
                top, bottom = width * ratio, 1 - ratio
            else:
                outer, inner = f_before / f_other, f_here / f_other
                top = ratio * (width * outer * (outer - inner) - (here - before) * (inner - 1))
                bottom = (outer - 1) * (inner - 1) * (ratio - 1)
            bottom, top = (-bottom, top) if top > 0 else (bottom, -top)
            if top < 0.75 * width * bottom - abs(allowed * bottom) / 2 and top < abs(last_step * bottom / 2):
                step = top / bottom
        if abs(step) < allowed:
            step = allowed if step > 0 else -allowed
        before, f_before = here, f_here
        here += step
        f_here = function(here)
        if (f_here > 0) == (f_other > 0) and f_here != 0:
            other, f_other = before, f_before
    return here


def stop_like_simplex(
    function: Callable[[Numbers], float], start: Numbers, *, abstol: float, reltol: float = HALF_EPS
) -> Numbers:
    """Nelder and Mead's search (1965) as Nash (1990) wrote it and R's optim runs it."""
    n = start.size
    step = max(0.1 * float(np.abs(start).max()), 0.0) or 0.1
    corners = np.vstack([start, start + step * np.eye(n)])
    heights = np.array([function(corner) for corner in corners])
    slack = reltol * (abs(heights[0]) + reltol)
    size, best = n * step, 0
    for _ in range(500):
        best = _first_lowest(heights, best)
        worst = _first_highest(heights, best)
        if heights[worst] <= heights[best] + slack or heights[best] <= abstol:
            break
        centre = (corners.sum(axis=0) - corners[worst]) / n
        mirrored = 2 * centre - corners[worst]
        height = _finite(function(mirrored))
        if height < heights[best]:
            further = 2 * mirrored - centre
            beyond = _finite(function(further))
            corners[worst], heights[worst] = (further, beyond) if beyond < height else (mirrored, height)
            continue
        shrink = height >= heights[worst]
        if not shrink:
            corners[worst], heights[worst] = mirrored, height
        nearer = (corners[worst] + centre) / 2
        inside = _finite(function(nearer))
        if inside < heights[worst]:
            corners[worst], heights[worst] = nearer, inside
        elif shrink:
            corners = (corners - corners[best]) / 2 + corners[best]
            now = float(np.abs(corners - corners[best]).sum())
            if now >= size:
                break
            size = now
            heights = np.array(
                [heights[place] if place == best else _finite(function(corner)) for place, corner in enumerate(corners)]
            )
    return corners[_first_lowest(heights, best)]


def _first_lowest(heights: Numbers, best: int) -> int:
    for place, height in enumerate(heights):
        if height < heights[best]:
            best = place
    return best


def _first_highest(heights: Numbers, best: int) -> int:
    worst = best
    for place, height in enumerate(heights):
        if height > heights[worst]:
            worst = place
    return worst


def _finite(height: float) -> float:
    return height if isfinite(height) else 1e35


def stop_like_fisher_scoring(
    step: Callable[[float], float], start: float, *, threshold: float = 1e-5, most: int = 100
) -> float:
    """Fisher scoring for a variance of at least zero, halving steps that leave it, until one is below a threshold."""
    here = max(0.0, start)
    for _ in range(most):
        move = step(here)
        while here + move < 0:
            move /= 2
        here += move
        if abs(move) <= threshold:
            break
    return here
