"""What can go wrong outside the code. Each message is for the person at the terminal."""


class InfraError(Exception):
    """A command could not do its work. The message says why and, where known, what to do."""


class AccountError(InfraError):
    """There is no AWS region, or no credentials that AWS takes."""


class AccessError(InfraError):
    """It was not said who may use the stack, or not in a way that can be deployed."""


class PackageError(InfraError):
    """Chalice could not build the deployment package."""


class EmulatorError(InfraError):
    """The emulator did not start, or it is not the one that we started."""


class DeployError(InfraError):
    """CloudFormation refused the stack, or a resource of it failed."""


class ProtectedError(InfraError):
    """The stack is protected from deletion."""


class ReleaseError(InfraError):
    """A release could not be made."""


class CheckError(InfraError):
    """A tool could not check anything."""


class NotDeployedError(InfraError):
    """There is no stack to ask."""
