"""Images in the form that is compared: brightness thumbnails for the search, square colour floats for the last look."""

from torch import Tensor

from elegan.core.errors import UserError
from elegan.core.pixels import Images, as_pictures, luma, resized, to_colour, to_unit

THUMB = 32  # pixels a side of a thumbnail, or fewer where the images have fewer


def checked(images: Images, name: str, like: Tensor | None = None) -> Tensor:
    """The images as a uint8 tensor, N x H x W x C. Raises UserError for another type, no images, or a size unlike `like`'s."""
    pictures = as_pictures(images)
    if not len(pictures):
        raise UserError(f"there are no {name} images")
    if like is not None and pictures.shape[1:] != like.shape[1:]:
        sizes = [f"{width}x{height}x{channels}" for _, height, width, channels in (pictures.shape, like.shape)]
        raise UserError(f"the {name} images are {sizes[0]} and the training images {sizes[1]}; bring both to one size")
    return pictures


def colour(pictures: Tensor, side: int) -> Tensor:
    """Converts uint8 N x H x W x C to float N x 3 x side x side in [0, 1]."""
    return resized(to_unit(to_colour(pictures)), side, side)


def lightness(x: Tensor) -> Tensor:
    """The middle between a pixel's largest and smallest channel, N x 3 x H x W to N x 1 x H x W. Changes of hue in HSV or HSL
    keep it.
    """
    return (x.amax(1, keepdim=True) + x.amin(1, keepdim=True)) / 2


def thumbnails(pictures: Tensor, side: int) -> Tensor:
    """Brightness of uint8 images in [0, 1], N x side x side."""
    return luma(colour(pictures, side))[:, 0]
