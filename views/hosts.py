"""Which hosts a server of ours answers to: this machine, and those an administrator names."""

from collections.abc import Sequence

LOCAL_HOSTS = ("localhost", "127.0.0.1", "[::1]")


class Hosts:
    """The host names that may be asked for. A page of another site could otherwise reach us by DNS rebinding."""

    def __init__(self, more: Sequence[str] = ()) -> None:
        self.names = {host.casefold() for host in (*LOCAL_HOSTS, *more)}
        # As Streamlit's own setting: *.example.org stands for every name under it.
        self.endings = tuple(host[1:] for host in self.names if host.startswith("*.") and len(host) > 3)

    def __contains__(self, host: object) -> bool:
        """Whether the value of a Host header, with or without a port, is one of ours."""
        name = bare(str(host))
        return name in self.names or any(name.endswith(end) for end in self.endings)


def bare(host: str) -> str:
    """A host without its port."""
    name = host.casefold()
    if name.startswith("["):
        return name.partition("]")[0] + "]"
    return name.partition(":")[0]
