"""Which symbols count as torch's own."""

from __future__ import annotations

import pytest

from envgen.symbols import is_torch_name
from envgen.symbols.names import hashes_of


@pytest.mark.parametrize(
    "name",
    [
        "_ZNK2at6Tensor4sizeEl",
        "_ZN3c105ErrorC1ENS_14SourceLocationENSt7__cxx1112basic_stringIcSt11char_traitsIcESaIcEEE",
        "_ZTVN5torch8autograd4NodeE",
        "_ZNK5torch8autograd4Node4nameB5cxx11Ev",
        "_ZGVZN3c107WarningE",
        "_ZThn16_N5torch8autograd4NodeD0Ev",
        "_ZTHN3c104impl26raw_local_dispatch_key_setE",
        "_Z16THPVariable_WrapN2at10TensorBaseE",
        "_ZN8pybind116detail11type_casterIN2at6TensorEvE4loadENS_6handleEb",
        "THPVariableClass",
        "_THPVariable",
        "aoti_torch_delete_tensor_object",
        "torch_exception_get_what_without_backtrace",
        "?size@Tensor@at@@QEBA_JXZ",
        "??0Error@c10@@QEAA@USourceLocation@1@V?$basic_string@DU?$char_traits@D@std@@V?$allocator@D@2@@std@@@Z",
        "?GetCPUAllocator@c10@@YAPEAUAllocator@1@XZ",
        "??8c10@@YA_NAEBUType@0@0@Z",
    ],
)
def test_of_torch(name: str) -> None:
    assert is_torch_name(name)


@pytest.mark.parametrize(
    "name",
    [
        "_ZNSt6vectorIN2at6TensorESaIS1_EE9push_backERKS1_",
        "_ZTVN10__cxxabiv117__class_type_infoE",
        "_ZN6vision3ops3nmsERKN2at6TensorES4_d",
        "_ZN3fmt3v116detailE",
        "PyObject_Call",
        "mkl_blas_sgemm",
        "memcpy",
        "torch",
        "?what@exception@std@@UEBAPEBDXZ",
        "",
    ],
)
def test_of_others(name: str) -> None:
    assert not is_torch_name(name)


def test_hashes_are_of_whole_names_in_their_order() -> None:
    one, two, again = hashes_of(["_ZN2at3addEv", "_ZN2at3addEi", "_ZN2at3addEv"]).tolist()
    assert one == again != two
    assert hashes_of([]).tolist() == []
    # Files of other machines and other releases of envgen hold the same numbers.
    assert hashes_of(["torch_list_size"]).tolist() == [0x337B633741F0B0EE]
