"""Volumes and the files in them."""

import io

import pytest
from databricks.sdk.errors import NotFound, PermissionDenied, ResourceConflict
from databricks.sdk.service.catalog import VolumeType

pytestmark = pytest.mark.witness("behaves")


@pytest.fixture
def volume(engineer, schema):
    """A volume of the engineer."""
    return engineer.volumes.create("dev", schema.name, "landing", VolumeType.MANAGED, comment="Files")


def test_a_volume_is_read_changed_listed_and_removed(engineer, schema, volume):
    assert volume.full_name == f"{schema.full_name}.landing"
    assert engineer.volumes.read(volume.full_name).comment == "Files"
    assert engineer.volumes.update(volume.full_name, comment="More files").comment == "More files"
    assert [each.name for each in engineer.volumes.list("dev", schema.name)] == ["landing"]
    with pytest.raises(ResourceConflict):
        engineer.volumes.create("dev", schema.name, "landing", VolumeType.MANAGED)
    engineer.volumes.delete(volume.full_name)
    with pytest.raises(NotFound):
        engineer.volumes.read(volume.full_name)


def test_a_file_is_written_read_in_part_and_removed(engineer, schema, volume):
    base = f"/Volumes/dev/{schema.name}/landing"
    data = bytes(range(256)) * 100
    engineer.files.create_directory(f"{base}/in/2013")
    engineer.files.upload(f"{base}/in/2013/a b.bin", io.BytesIO(data))
    assert engineer.files.get_metadata(f"{base}/in/2013/a b.bin").content_length == len(data)
    assert engineer.files.download(f"{base}/in/2013/a b.bin").contents.read() == data
    assert [each.name for each in engineer.files.list_directory_contents(f"{base}/in/2013")] == ["a b.bin"]
    engineer.files.get_directory_metadata(f"{base}/in")
    with pytest.raises(ResourceConflict):
        engineer.files.upload(f"{base}/in/2013/a b.bin", io.BytesIO(b""), overwrite=False)
    engineer.files.delete(f"{base}/in/2013/a b.bin")
    with pytest.raises(NotFound):
        engineer.files.get_metadata(f"{base}/in/2013/a b.bin")
    engineer.files.delete_directory(f"{base}/in/2013")
    with pytest.raises(NotFound):
        engineer.files.get_directory_metadata(f"{base}/in/2013")


@pytest.mark.parametrize("way_out", ["..%2Fx", "a%2F..%2F..%2Fx", "..%2F..%2F..%2F..%2F..%2Fetc%2Fx", "%00x"])
def test_a_path_cannot_leave_its_volume(workspaces, engineer, schema, volume, way_out):
    base = f"/Volumes/dev/{schema.name}"
    for method in ("PUT", "GET", "DELETE"):
        answer = workspaces.request(method, f"/api/2.0/fs/files{base}/landing/{way_out}", workspace="dev", principal="engineer")
        assert 400 <= answer.status_code < 500, answer.text
    assert [each.name for each in engineer.files.list_directory_contents(f"{base}/landing")] == []


def test_files_want_the_privilege(engineer, analyst, schema, volume):
    path = f"/Volumes/dev/{schema.name}/landing/a.txt"
    engineer.files.upload(path, io.BytesIO(b"a"))
    with pytest.raises((PermissionDenied, NotFound)):
        analyst.files.download(path)
