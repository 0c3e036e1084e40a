"""Colors that readers with color vision deficiency can distinguish."""

# The palette "light" of Paul Tol, https://sronpersonalpages.nl/~pault: backgrounds of text
# in black. Its gray is left out: it stands for steps without a label.
PALETTE = (
    "#77aadd",
    "#ee8866",
    "#eedd88",
    "#ffaabb",
    "#44bb99",
    "#bbcc33",
    "#99ddff",
    "#aaaa00",
)
UNLABELED = "#dddddd"
# Patterns of labels whose color occurs before.
HATCHES = ("", "////", "....", "xxxx")
# Ends of the diverging color map "RdBu_r".
NEGATIVE, POSITIVE = (0x21, 0x66, 0xAC), (0xB2, 0x18, 0x2B)
# Colors of lines on a white background, the same as the ends of the color map.
BLUE, RED = "#2166ac", "#b2182b"
# Markers of points.
MARKERS = ("o", "s", "^", "D")


def style_labels(labels):
    """Return the color and the hatch of each label."""
    n_colors = len(PALETTE)
    return {
        label: (PALETTE[k % n_colors], HATCHES[k // n_colors % len(HATCHES)])
        for k, label in enumerate(labels)
    }


def blend(share):
    """Return a color between blue (-1), white (0) and red (1), as `#rrggbb`."""
    end, size = POSITIVE if share > 0 else NEGATIVE, abs(share)
    return "#" + "".join(f"{round(255 + size * (part - 255)):02x}" for part in end)


def is_dark(color):
    """Return whether text on a color should be white."""
    red, green, blue = (int(color[k : k + 2], 16) for k in (1, 3, 5))
    return 0.299 * red + 0.587 * green + 0.114 * blue < 128
