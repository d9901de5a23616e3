"""What can change in layouts drawings: the rule of each change."""

from typing import Final

from codegen.review.changes import ChangeRule, Impact

RULES: Final = (
    ChangeRule(
        "chapter-added",
        Impact.harmless,
        """There is a new drawing of layouts. Nobody can depend on it yet; its layouts are told one
        by one.""",
    ),
    ChangeRule(
        "chapter-removed",
        Impact.API_breaking,
        """A drawing of layouts and its module are gone. Whoever imports the module breaks. Find out
        where its layouts are drawn now, and change the imports.""",
    ),
    ChangeRule(
        "chapter-renamed",
        Impact.API_breaking,
        """The module of a layouts drawing has another name. Every import of it breaks. Change the
        imports with it.""",
    ),
    ChangeRule(
        "layout-added",
        Impact.harmless,
        """There is a new layout. Nobody can depend on it yet; whether older peers would understand
        a new packet is told as a consequence.""",
    ),
    ChangeRule(
        "layout-removed",
        Impact.wire_breaking,
        """A layout is gone. A peer that still sends the packet ends the connection, a block written
        before cannot be read, and code that names the class breaks. Mark a packet as `obsolete`
        instead: its number stays taken.""",
    ),
    ChangeRule(
        "layout-renamed",
        Impact.API_breaking,
        """A layout's class has another name. Code that names it breaks; the bytes are the same, so
        peers and disks notice nothing. Rename it there too.""",
    ),
    ChangeRule(
        "layout-chapter-changed",
        Impact.API_breaking,
        """A layout has moved to another drawing, and its class to another module. Every import of
        it from the old one breaks. Change the imports with it.""",
    ),
    ChangeRule(
        "layout-kind-changed",
        Impact.wire_breaking,
        """A layout is of another kind: what was a packet may be a struct now, a number a word of
        bits. Its class is another one, and so may be the bytes. Compare the published section.""",
    ),
    ChangeRule(
        "layout-number-changed",
        Impact.wire_breaking,
        """A packet has another number. Peers know the old one, and take the new one for another
        packet or for none. Keep published numbers for ever.""",
    ),
    ChangeRule(
        "layout-sockets-changed",
        Impact.wire_breaking,
        """A packet travels on another socket. A peer that gets it on one where it does not expect
        it ends the connection. Compare the published section.""",
    ),
    ChangeRule(
        "layout-since-changed",
        Impact.wire_breaking,
        """A packet is sent from another protocol version on. Between the two versions one side
        sends what the other does not know. Keep what was published; a new form of a packet is a
        packet of its own.""",
    ),
    ChangeRule(
        "layout-until-changed",
        Impact.wire_breaking,
        """A packet is sent up to another protocol version. Between the two versions one side sends
        what the other no longer knows. Keep what was published.""",
    ),
    ChangeRule(
        "layout-feature-changed",
        Impact.wire_breaking,
        """Another feature decides whether a packet is sent, or none does. Peers that agreed to the
        old one only get what they do not know. Keep what was published.""",
    ),
    ChangeRule(
        "layout-fixed-changed",
        Impact.harmless,
        """The drawing claims another published size. That only checks the fields, whose changes are
        told on their own. See that the published size is the new one.""",
    ),
    ChangeRule(
        "layout-obsolete-changed",
        Impact.wire_breaking,
        """A packet is obsolete now, or is no longer. Peers that still send it are refused, or get
        what they no longer handle. Let it be obsolete when no supported version sends it.""",
    ),
    ChangeRule(
        "layout-record-changed",
        Impact.API_breaking,
        """A layout shares its record with others, or no longer does. Its class derives from another
        one. See that nobody asks for the old base class.""",
    ),
    ChangeRule(
        "layout-order-changed",
        Impact.wire_breaking,
        """The members of a layout stand in another order. Every one that moved lies elsewhere in
        the bytes. Keep the published order; new fields come last.""",
    ),
    ChangeRule(
        "field-added",
        Impact.wire_breaking,
        """A layout has a field more. It is longer than peers and disks expect, and what comes
        behind it lies elsewhere. Draw a packet of its own with `since` or `feature` instead.""",
    ),
    ChangeRule(
        "field-removed",
        Impact.wire_breaking,
        """A layout has lost a field. It is shorter than peers and disks expect, and what comes
        behind it lies elsewhere. Leave a pad of the same width.""",
    ),
    ChangeRule(
        "field-renamed",
        Impact.API_breaking,
        """A field has another name. Code that names it breaks; the bytes are the same. Rename it
        there too.""",
    ),
    ChangeRule(
        "field-type-changed",
        Impact.wire_breaking,
        """A field has another type. Its bytes are read otherwise, or are more or fewer. Compare the
        published section; between a number and a cookie of one width only the meaning differs.""",
    ),
    ChangeRule(
        "field-unit-changed",
        Impact.wire_breaking,
        """A field counts in another unit. The same number means something else to peers and disks.
        Where a unit came to a field without one, nothing but the documentation differs.""",
    ),
    ChangeRule(
        "field-symbols-changed",
        Impact.API_breaking,
        """A field's numbers have their names from another drawing. Code that compares it with the
        old names is wrong. Use the new ones; that the numbers are the same is yours to see.""",
    ),
    ChangeRule(
        "field-default-changed",
        Impact.wire_breaking,
        """A field has another value in new objects, or accepts no other than a new one. A required
        value is what peers and disks are known by. A mere default changes what is sent where
        nobody sets the field.""",
    ),
    ChangeRule(
        "field-required-changed",
        Impact.wire_breaking,
        """A field accepts one value only, or any. What was accepted is refused, or the other way
        round. See what older peers send there.""",
    ),
    ChangeRule(
        "field-at-changed",
        Impact.harmless,
        """The drawing claims another published offset for a field. That only checks the widths
        before it. See that the published offset is the new one.""",
    ),
    ChangeRule(
        "piece-added",
        Impact.wire_breaking,
        """A word of bits has a piece more. Bits that meant nothing, or something else, mean this
        now. Take it from bits that peers are known to leave at 0.""",
    ),
    ChangeRule(
        "piece-removed",
        Impact.wire_breaking,
        """A word of bits has lost a piece. What a peer says there is not heard, and the pieces
        above it may lie elsewhere. Leave a reserved piece of the same width.""",
    ),
    ChangeRule(
        "piece-renamed",
        Impact.API_breaking,
        """A piece of a word has another name. Code that names it breaks; the bits are the same.
        Rename it there too.""",
    ),
    ChangeRule(
        "piece-width-changed",
        Impact.wire_breaking,
        """A piece of a word has another width. It takes bits from its neighbours, or moves them.
        See that the bits that are new to it were always 0.""",
    ),
    ChangeRule(
        "piece-symbols-changed",
        Impact.API_breaking,
        """A piece's numbers have their names from another drawing. Code that compares it with the
        old names is wrong. Use the new ones.""",
    ),
    ChangeRule(
        "constant-added",
        Impact.behaviour,
        """A number has a name that it did not have. Code that tells the numbers apart does not know
        it, and older peers do not know what it means. See that all such places take it.""",
    ),
    ChangeRule(
        "constant-removed",
        Impact.wire_breaking,
        """A number has lost its name. A peer that sends it can no longer be understood, and code
        that names it breaks. Keep the name while older peers may send the number.""",
    ),
    ChangeRule(
        "constant-renamed",
        Impact.API_breaking,
        """A number is called otherwise. Code that names it breaks; the number is the same. Rename
        it there too.""",
    ),
    ChangeRule(
        "constant-number-changed",
        Impact.wire_breaking,
        """A name stands for another number. Peers and disks mean something else by it. Keep
        published numbers for ever.""",
    ),
    ChangeRule(
        "field-moved",
        Impact.wire_breaking,
        """A field or piece lies elsewhere, since something before it came, went or changed its
        width. Peers and disks have it where it was. Put what is new behind all that is there.""",
    ),
    ChangeRule(
        "field-resized",
        Impact.wire_breaking,
        """A field or piece is wider or narrower. Peers and disks have it as it was. Draw a packet
        of its own with `since` or `feature` instead.""",
    ),
)
"""Every change of layouts drawings, in the order of their things."""
