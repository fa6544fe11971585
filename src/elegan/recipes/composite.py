"""GANs with more than two networks that learn: a classifier, a reader of codes, an encoder, a pair a level of size."""

from elegan.recipes.classic import cgan, dcgan
from elegan.recipes.fit import narrow

acgan = cgan.vary(
    "acgan",
    "cgan whose discriminator names the class instead of being told it (Odena et al. 2017)",
    task="auxiliary_classes",
    # The class beside the latent, as in the paper, was always obeyed and gave one picture a class: on the digits after
    # 1,200 steps a deviation of 5 grey levels within a class, where the data has 42. Batch norm by class learns more
    # slowly and keeps the deviation (42 after 1,500 steps, 39 after 3,000).
    nets={"generator": {"condition": "norm"}, "discriminator": {"condition": "none"}, "classifier": "head"},
    losses={"classification": "cross_entropy"},
)

infogan = dcgan.vary(
    "infogan",
    "codes in the latent that can be read from the image, found without labels (Chen et al. 2016)",
    task="auxiliary_codes",
    nets={"generator": {"latent": 74}, "recognition": {"name": "head", "width": 128}},
    losses={"categorical": "categorical_information", "continuous": {"name": "continuous_information", "weight": 0.1}},
    optimizers={"generator": {"lr": 1e-3}},
)

vaegan = dcgan.vary(
    "vaegan",
    "an autoencoder that compares pictures as its discriminator sees them (Larsen et al. 2016)",
    statistics="averaged",  # its generator also sees the latents of the encoder
    task="autoencode",
    nets={"generator": {"latent": 128}, "encoder": "dcgan_encoder"},
    losses={"prior": "kl", "likelihood": "squared_error"},
    optimizers={player: {"name": "rmsprop", "lr": 3e-4} for player in ("encoder", "generator", "discriminator")},
).fitting({"nets.encoder.width": narrow})

lapgan = dcgan.vary(
    "lapgan",
    "from coarse to fine, a pair of networks at each doubling (Denton et al. 2015)",
    task="laplacian",
    nets={"refiner": "laplacian_refiner"},
).fitting({"nets.refiner.width": narrow})

ganomaly = dcgan.vary(
    "ganomaly",
    "learns to make its data again and scores what it cannot: anomalies (Akcay et al. 2018)",
    statistics="averaged",
    task="anomaly",
    nets={"encoder": "dcgan_encoder"},
    losses={"features": "l2", "context": {"name": "l1", "weight": 50.0}, "encoder": "l2"},
).fitting({"nets.encoder.width": narrow})
