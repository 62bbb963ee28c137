"""Columns of the tables that pass from evidence to analysis: the part of the records that is known beforehand."""

from __future__ import annotations

from typing import Final

import pyarrow as pa

from auditor.properties import PROPERTIES

IMAGES: Final = pa.schema(
    [
        ("image_id", pa.string()),  # the path as the annotations give it
        ("path", pa.string()),  # relative to the images folder, posix
        ("sha256", pa.string()),
        ("width", pa.int32()),
        ("height", pa.int32()),
        ("label", pa.string()),
        ("predicted", pa.string()),
        ("score", pa.float64()),  # softmax of the predicted class, in [0, 1]
        ("margin", pa.float64()),  # logit of the predicted class minus the runner-up's, >= 0
        ("correct", pa.bool_()),
        ("logits", pa.binary()),  # float32 little-endian, (classes,)
        ("group_id", pa.string()),  # the cluster: person, source; the image itself where none is given
        ("hash", pa.binary()),  # perceptual: 256 bits, the sign of each step to the right on a grey thumbnail
        *((name, pa.float64()) for name in PROPERTIES),  # of the whole photograph
        ("notes", pa.string()),  # oddities of the file, comma-separated: "CMYK", "16-bit", "EXIF rotated"
        ("status", pa.string()),
    ]
)
ATTENTION: Final = pa.schema(
    [
        ("image_id", pa.string()),
        ("target", pa.string()),  # one of records.TARGETS
        ("target_class", pa.string()),
        ("cam", pa.binary()),  # float16 little-endian, (h, w) in C order, divided by cam_max
        ("grid_height", pa.int16()),
        ("grid_width", pa.int16()),
        ("cam_max", pa.float64()),  # 0 where the map is empty; the raw map is cam * cam_max
        ("cam_sum", pa.float64()),  # sum of the raw map over the grid
    ]
)
REGIONS: Final = pa.schema(
    [
        ("image_id", pa.string()),
        ("region", pa.string()),
        ("area", pa.float64()),  # share of the frame, in [0, 1]; 0 where the crop removed it
        ("x_min", pa.float64()),  # bounding box as shares of the frame's width and height
        ("y_min", pa.float64()),
        ("x_max", pa.float64()),
        ("y_max", pa.float64()),
        ("weights", pa.binary()),  # float32 little-endian, (h, w): geometry.project_* of the region, in pixels
        ("raster", pa.binary()),  # records.RASTER packed to bits, row by row: covered by at least one half
    ]
)
