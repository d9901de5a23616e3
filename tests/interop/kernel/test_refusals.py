"""What may not come together: settings, secrets, and data that went different ways."""

from tests.interop.kernel.pair import Pair
from tests.interop.kernel.side import Write

RECEIVER = r"error receiving \w+, e: -\d+ l: \d+!"
SECRET = {"cram_hmac_alg": "sha1", "shared_secret": "open-sesame"}


def test_protocols_differ(pair: Pair) -> None:
    """Protocols A and C do not come together, and both sides say so."""
    pair.begin(other_net={"protocol": "A"})
    pair.connect()
    pair.wait(conn="StandAlone")
    pair.end_apart(
        allowed={"incompatible protocol settings": "they are", RECEIVER: "which ends the receiver"}
    )


def test_secrets_differ(pair: Pair) -> None:
    """Who does not know the secret is not let in."""
    pair.begin(net=SECRET, other_net={**SECRET, "shared_secret": "open-barley"})
    pair.connect()
    pair.wait(conn="StandAlone")
    pair.end_apart(allowed={"Authentication of peer failed": "it did"})


def test_same_secret(pair: Pair) -> None:
    """Who knows the secret is let in."""
    pair.synced(net=SECRET)
    pair.end()


def test_split_brain(pair: Pair) -> None:
    """Data that were changed on both sides are not mixed, until one side gives its own up."""
    pair.synced()
    for side in pair.sides:
        side.disconnect()
        side.wait(conn="StandAlone")
    pair.other.primary(force=True)
    pair.one.write([Write(sector=0, count=64, seed=1)])
    pair.other.write([Write(sector=32, count=64, seed=2)])
    pair.other.secondary()
    pair.connect()
    pair.wait(conn="StandAlone")
    pair.other.connect(discard_my_data=True)
    pair.one.connect()
    pair.end(
        allowed={
            r"[Ss]plit-[Bb]rain": "there is one",
            RECEIVER: "the connection is dropped for it",
        }
    )
