"""Items to a configuration: what each section of DRBD 8.4 may hold, and what it means."""

from collections.abc import Iterable, Sequence
from typing import Final

from runtime.configuration.given import OptionReader
from runtime.configuration.hosts import HostReader, clashes
from runtime.configuration.model import (
    Configuration,
    Given,
    Host,
    Option,
    Resource,
    Sections,
)
from runtime.configuration.options import GLOBAL, HOST_POLICY, RULES
from runtime.configuration.problems import Findings, Place, Unused
from runtime.configuration.syntax import Item, Section, Statement

TOP: Final = ["global", "common", "resource", "include", "skip"]
OF_A_RESOURCE: Final = [*RULES, "syncer", "on", "floating", "volume", "device", "meta-disk"]
_OF_COMMON: Final = [*RULES, "syncer", "protocol"]
_IGNORED: Final = "a section is chosen by the host's name alone"


def read_items(files: tuple[str, ...], items: Iterable[Item], findings: Findings) -> Configuration:
    """All of a configuration; whatever is wrong with it is in the findings."""
    return _TopReader(findings).read(files, items)


class _TopReader:
    """Reads what stands outside of all sections."""

    def __init__(self, findings: Findings) -> None:
        self._findings = findings
        self._options = OptionReader(findings)
        self._hosts = HostReader(findings, self._options)
        self._settings: dict[str, Option] | None = None
        self._common: Sections | None = None
        self._resources: dict[str, Resource] = {}

    def read(self, files: tuple[str, ...], items: Iterable[Item]) -> Configuration:
        """Everything, in its order."""
        for item in items:
            self._read_item(item)
        found = Configuration(files, self._settings, self._common, self._resources, ())
        self._check_dependencies(found)
        sides = [(it.name, host) for it in self._resources.values() for host in it.hosts]
        for place, sentence in clashes(sides):
            self._findings.wrong(place, sentence)
        unused = tuple(sorted(set(self._findings.unused)))
        return Configuration(files, self._settings, self._common, self._resources, unused)

    def _read_item(self, item: Item) -> None:
        name = item.keyword.text
        place = item.keyword.place
        names = self._hosts.names(item) if name == "resource" else ()
        if not isinstance(item, Section) or name not in ("global", "common", "resource"):
            self._hosts.unknown(item, "the file", TOP)
        elif len(item.values) != (name == "resource"):
            needs = "needs one name" if name == "resource" else "has no name"
            self._findings.wrong(place, f"the section {name} {needs}")
        elif name == "global":
            self._once(self._settings, "global", place)
            self._settings = self._options.read("global", item.items, GLOBAL)
        elif name == "common":
            self._once(self._common, "common", place)
            self._common = self._read_common(item)
        elif names:
            self._once(self._resources.get(names[0]), f"resource {names[0]}", place)
            self._resources[names[0]] = self._read_resource(names[0], item)

    def _once(self, before: object, name: str, place: Place) -> None:
        if before is not None:
            self._findings.wrong(place, f"{name} is here twice")

    def _read_common(self, section: Section) -> Sections:
        rest, sections = self._read_sections(section.items)
        for item in rest:
            self._hosts.unknown(item, "common", _OF_COMMON)
        return sections

    def _read_resource(self, name: str, section: Section) -> Resource:
        rest, sections = self._read_sections(section.items)
        sides = [it for it in rest if it.keyword.text in ("on", "floating")]
        of_volumes = [it for it in rest if self._hosts.is_of_volumes(it)]
        for item in rest:
            word = item.keyword
            if isinstance(item, Statement) and word.text == "ignore-on":
                unused = Unused(word.place, f"resource {name}", word.text, _IGNORED)
                self._findings.unused.append(unused)
            elif item not in of_volumes and not (
                item in sides and (isinstance(item, Section) or word.text == "floating")
            ):
                self._hosts.unknown(item, f"resource {name}", OF_A_RESOURCE)
        count_before = len(self._findings.problems)
        parts = self._hosts.read_parts(of_volumes)
        read = [self._hosts.read_host(it, parts) for it in sides]
        hosts = tuple(it for it in read if it is not None)
        is_whole = len(self._findings.problems) == count_before
        self._check_hosts(name, hosts, is_whole=is_whole)
        return Resource(name, sections, hosts, section.keyword.place)

    def _check_hosts(self, resource: str, hosts: Sequence[Host], *, is_whole: bool) -> None:
        """Each host is there once, and has the volumes that the others have."""
        names: set[str] = set()
        for host in hosts:
            for name in host.names:
                if name in names:
                    self._findings.wrong(host.place, f"host {name} is in {resource} twice")
                names.add(name)
            if not is_whole:
                continue
            for number in hosts[0].volumes.keys() ^ host.volumes.keys():
                has, lacks = (host, hosts[0]) if number in host.volumes else (hosts[0], host)
                self._findings.wrong(host.place, f"volume {number} is on {has}, not on {lacks}")

    def _read_sections(self, items: Iterable[Item]) -> tuple[list[Item], Sections]:
        """The options of a resource or of all, and what else is there."""
        given: dict[str, dict[str, Option]] = {name: {} for name in RULES}
        seen: set[str] = set()
        rest: list[Item] = []
        for item in items:
            name = item.keyword.text
            is_section = isinstance(item, Section)
            is_protocol = name == "protocol" and not is_section
            if not (is_section and name in (*RULES, "syncer")) and not is_protocol:
                rest.append(item)
                continue
            if name in seen:
                self._findings.wrong(item.keyword.place, f"{name} is here twice")
            seen.add(name)
            for section, option in self._read_section(item):
                given[section].pop(option.name, None)
                given[section][option.name] = option
        return rest, Sections(**given)

    def _read_section(self, item: Item) -> list[tuple[str, Option]]:
        name = item.keyword.text
        if isinstance(item, Statement):
            option = self._options.read_one("net", item, RULES["net"])
            return [("net", option)] if option else []
        for word in item.values:
            self._findings.wrong(word.place, f"the section {name} has no name")
        if name == "syncer":
            return self._options.read_syncer(item.items, RULES)
        return [(name, it) for it in self._options.read(name, item.items, RULES[name]).values()]

    def _check_dependencies(self, configuration: Configuration) -> None:
        """Names that options give must be names of something."""
        resources = configuration.resources
        for resource in resources.values():
            wider = [resource.sections.disk]
            own = [v.options for host in resource.hosts for v in host.volumes.values()]
            for given in (*wider, *own):
                self._check_resync_after(given, configuration)
            self._check_host_policy(resource)
        if configuration.common:
            self._check_resync_after(configuration.common.disk, configuration)

    def _check_resync_after(self, given: Given, configuration: Configuration) -> None:
        option = given.get("resync-after")
        if option is None:
            return
        place = option.place
        numbers = volumes_meant(option.text, configuration)
        if not numbers:
            reason = f"there is no {option.text} here"
            self._findings.unused.append(Unused(place, "disk", option.name, reason))
        elif len(numbers) > 1:
            choice = " or ".join(numbers)
            sentence = f"resync-after {option.text} may be one of several, write {choice}"
            self._findings.wrong(place, sentence)

    def _check_host_policy(self, resource: Resource) -> None:
        option = resource.sections.net.get("after-sb-0pri")
        if option is None or not option.text.startswith(HOST_POLICY):
            return
        name = option.text.removeprefix(HOST_POLICY)
        if not any(host.is_called(name) for host in resource.hosts):
            self._findings.wrong(option.place, f"{resource.name} is not on the host {name}")


def volumes_meant(text: str, configuration: Configuration) -> list[str]:
    """The volumes, as RESOURCE/VOLUME, that a resync-after may mean; none if there is no such."""
    name, _, number = text.partition("/")
    resource = configuration.resources.get(name)
    if resource is None or not resource.hosts:
        return []
    volumes = sorted(resource.hosts[0].volumes)
    return [f"{name}/{it}" for it in volumes if number in ("", str(it))]
