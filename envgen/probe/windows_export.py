"""Compiles a model for Windows on Linux, saves it, and records what it gives for some inputs.

Usage: windows_export.py TASK ; writes JSON to the file named by ENVGEN_FACTS, and the program and its cases into the
task's folder. Standard library, torch and torch_tensorrt only, Python 3.8 and later.
"""

import contextlib
import importlib
import os
import platform
import sys
from typing import Any, Dict, Iterator, List, Tuple

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)  # not there where PYTHONSAFEPATH is set
import devices
import tensors
from windows_gates import Facts, Shut, run, said

# This script's folder comes first on the path and must not hide a module of the extension's.
sys.path[:] = [entry for entry in sys.path if os.path.abspath(entry) != HERE]

RESOURCE = "libnvinfer_builder_resource_win.so"
SMALLEST = 2  # of a size that varies: torch.export takes 0 and 1 for sizes of their own
NULL = "factory function returned nullptr"


def export(task: Dict[str, Any], facts: Facts) -> None:
    on_linux()
    gpu = with_driver()
    libraries = imported(task, facts)
    facts["gpu"] = gpu
    supported(libraries, task["needed"])
    model, inputs, dynamic = model_of(task)
    dynamic = dynamic if task["shapes"] == "dynamic" else {}
    facts["cases"] = [recorded(task, model, name, values) for name, values in cases_of(inputs, dynamic)]
    program, given = traced(model, inputs, dynamic)
    compiled = compiled_for_windows(libraries, program, given, task["settings"], facts)
    facts["engines"] = [name for name, part in compiled.named_modules() if "TensorRTModule" in type(part).__name__]
    if not facts["engines"]:
        raise Shut("export-engines")
    file = os.path.join(task["folder"], task["program"])
    facts["saved_by"] = saved(compiled, file, libraries)


def on_linux() -> None:
    if platform.system() != "Linux" or platform.machine() != "x86_64":
        raise Shut("export-host", system=platform.system(), machine=platform.machine())


def with_driver() -> str:
    """The compute capability of the first device."""
    found = devices.devices()
    if not found["devices"]:
        raise Shut("export-driver", reason=found["reason"] or "no device")
    return str(found["devices"][0]["compute_capability"])


def imported(task: Dict[str, Any], facts: Facts) -> Any:
    """torch_tensorrt, after the modules that register operators of the model."""
    try:
        import torch

        for name in task["imports"]:
            importlib.import_module(name)
        torch_tensorrt = importlib.import_module("torch_tensorrt")
        tensorrt = importlib.import_module("tensorrt")
    except Exception as error:
        raise Shut("export-import", said=said(error)) from error
    facts["versions"] = {
        "torch": torch.__version__,
        "torch-tensorrt": torch_tensorrt.__version__,
        "tensorrt": tensorrt.__version__,
    }
    return torch_tensorrt


def supported(torch_tensorrt: Any, needed: str) -> None:
    """Without the builder's resource in the process every function for Windows refuses."""
    if not hasattr(torch_tensorrt.dynamo, "cross_compile_for_windows"):
        found = str(torch_tensorrt.__version__)
        raise Shut("export-release", package="torch-tensorrt", found=found, needed=needed)
    features = getattr(torch_tensorrt, "ENABLED_FEATURES", None)
    if not getattr(features, "windows_cross_compile", True):
        raise Shut("export-resource", resource=resource())


def resource() -> str:
    """Where the builder's resource is, of which the process has not got it."""
    folders = {os.path.dirname(path) for path in mapped() if "libnvinfer" in os.path.basename(path)}
    for folder in sorted(folders):
        for name in sorted(os.listdir(folder)):
            if name.startswith(RESOURCE):
                return "it is in %s, and nothing loaded it" % folder
    return "it is not beside TensorRT's libraries in %s" % (", ".join(sorted(folders)) or "any folder")


def mapped() -> List[str]:
    with open("/proc/self/maps") as maps:
        lines = [line.split(None, 5) for line in maps]
    return sorted({line[5].strip() for line in lines if len(line) == 6 and line[5].startswith("/")})


def model_of(task: Dict[str, Any]) -> Tuple[Any, Tuple[Any, ...], Dict[int, Dict[int, Any]]]:
    """What the user's function gives: the module, example inputs, and ranges of their dimensions."""
    import torch

    module, _, function = task["model"].partition(":")
    try:
        made = getattr(importlib.import_module(module), function)()
        model, inputs = made[0].eval().cuda(), tuple(value.cuda() for value in made[1])
        ranges = {
            int(index): {int(dimension): tuple(map(int, bounds)) for dimension, bounds in dimensions.items()}
            for index, dimensions in (made[2] if len(made) > 2 else {}).items()
        }
        for index, dimensions in ranges.items():
            for dimension, (least, usual, most) in dimensions.items():
                size = inputs[index].shape[dimension]
                if not SMALLEST <= least <= usual <= most or size != usual:
                    text = (
                        "the range %d, %d, %d of input %d, dimension %d, must begin at %d or above, and hold %d usually"
                    )
                    raise ValueError(text % (least, usual, most, index, dimension, SMALLEST, size))
        if not (isinstance(model, torch.nn.Module) and inputs):
            raise ValueError("it gives no module with inputs")
    except Exception as error:
        raise Shut("export-model", model=task["model"], said=said(error)) from error
    if task["shapes"] == "dynamic" and not ranges:
        raise Shut("export-model", model=task["model"], said="it names no dimension that varies")
    return model, inputs, ranges


def cases_of(inputs: Tuple[Any, ...], dynamic: Dict[int, Dict[int, Any]]) -> Iterator[Tuple[str, Tuple[Any, ...]]]:
    """Inputs to be recorded: the example, and for ranges the least and the most."""
    if not dynamic:
        yield "example", inputs
        return
    for place, name in enumerate(("least", "usual", "most")):
        yield name, tuple(stretched(value, dynamic.get(index, {}), place) for index, value in enumerate(inputs))


def stretched(value: Any, dimensions: Dict[int, Any], place: int) -> Any:
    """The example with other sizes: its own values, repeated or cut."""
    import torch

    for dimension, bounds in dimensions.items():
        wanted = torch.arange(bounds[place], device=value.device) % value.shape[dimension]
        value = value.index_select(dimension, wanted)
    return value


def traced(model: Any, inputs: Tuple[Any, ...], dynamic: Dict[int, Dict[int, Any]]) -> Tuple[Any, List[Any]]:
    """The exported program, and what torch_tensorrt is told of its inputs."""
    import torch

    # Inputs that vary in the same range vary together: to torch.export that is one dimension of one name.
    ranges = sorted({bounds for each in dynamic.values() for bounds in each.values()})
    dims = {(least, usual, most): torch.export.Dim("n%d" % number, min=least, max=most)
            for number, (least, usual, most) in enumerate(ranges)}  # fmt: skip
    shapes = tuple(
        {dimension: dims[bounds] for dimension, bounds in dynamic.get(index, {}).items()} or None
        for index in range(len(inputs))
    )
    try:
        program = torch.export.export(model, inputs, dynamic_shapes=shapes if dynamic else None)
    except Exception as error:
        raise Shut("export-trace", said=said(error)) from error
    return program, [input_of(value, dynamic.get(index, {})) for index, value in enumerate(inputs)]


def input_of(value: Any, dimensions: Dict[int, Any]) -> Any:
    """What torch_tensorrt is told of an input: the least, usual and largest shape, or the example itself."""
    import torch_tensorrt

    if not dimensions:
        return value
    least, usual, most = (
        tuple(dimensions[place][kind] if place in dimensions else size for place, size in enumerate(value.shape))
        for kind in range(3)
    )
    return torch_tensorrt.Input(min_shape=least, opt_shape=usual, max_shape=most, dtype=value.dtype)


def compiled_for_windows(torch_tensorrt: Any, program: Any, given: List[Any], settings: Any, facts: Facts) -> Any:
    """The program with engines for Windows in it."""
    facts["resource"] = [path for path in mapped() if RESOURCE in path]
    try:
        with engines_not_set_up(torch_tensorrt, facts):
            return torch_tensorrt.dynamo.cross_compile_for_windows(program, arg_inputs=given, **settings)
    except NotImplementedError as error:
        raise Shut("export-resource", resource=resource()) from error
    except Exception as error:
        if NULL in str(error):
            raise Shut("export-builder") from error
        raise Shut("export-compile", said=said(error)) from error


@contextlib.contextmanager
def engines_not_set_up(torch_tensorrt: Any, facts: Facts) -> Iterator[None]:
    """Engines for Windows are never set up on Linux, and since 2.10 the compiler asks the last one to mark its outputs.

    The mark matters only where outputs are allocated in advance; without an engine to carry it, it is left out.
    """
    kind = torch_tensorrt.dynamo.runtime.TorchTensorRTModule
    mark: Any = getattr(kind, "set_output_tensors_as_unowned", None)

    def marked(module: Any, enabled: bool) -> None:
        if module.engine is not None:
            mark(module, enabled)
        else:
            facts["outputs_not_marked"] = True

    if mark is not None:
        kind.set_output_tensors_as_unowned = marked
    try:
        yield
    finally:
        if mark is not None:
            kind.set_output_tensors_as_unowned = mark


def saved(compiled: Any, file: str, torch_tensorrt: Any) -> str:
    """Saves the program, and says by what.

    Since torch-tensorrt 2.11 its own function traces the program again, and gives it no inputs to trace it with.
    """
    import torch

    try:
        torch_tensorrt.dynamo.save_cross_compiled_exported_program(compiled, file)
        return "save_cross_compiled_exported_program"
    except TypeError as error:
        if "missing a required argument" not in str(error):
            raise Shut("export-save", said=said(error)) from error
        print("its own function does not save it (%s): now by the legacy exporter" % said(error))
    except Exception as error:
        raise Shut("export-save", said=said(error)) from error
    try:
        from torch_tensorrt.dynamo._exporter import export as exported

        torch.export.save(exported(compiled, cross_compile_module=True, use_legacy_exporter=True), file)
    except Exception as error:
        raise Shut("export-save", said=said(error)) from error
    return "legacy exporter and torch.export.save"


def recorded(task: Dict[str, Any], model: Any, name: str, values: Tuple[Any, ...]) -> str:
    """Writes inputs, and what torch itself gives for them; the name of the file."""
    import torch

    with torch.no_grad():
        found = model(*values)
    given = list(found) if isinstance(found, (tuple, list)) else [found]
    case = {"input.%d" % index: value for index, value in enumerate(values)}
    case.update({"output.%d" % index: value for index, value in enumerate(given)})
    file = "case-%s.safetensors" % name
    tensors.write(os.path.join(task["folder"], file), case)
    return file


if __name__ == "__main__":
    run(export)
