"""Tables that name utilities by ZIP code and by county: witnesses beside the boundaries."""

from django.db import models

from territories.models.data_set import DataSet


class ZipService(models.Model):
    """A row of OpenEI's ZIP tables: this utility (by EIA id) reports customers in this ZIP code."""

    zip_code = models.CharField(max_length=5)
    eia_id = models.CharField(max_length=16)
    data_set = models.ForeignKey(DataSet, on_delete=models.CASCADE, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["data_set", "zip_code", "eia_id"], name="zip_service")]

    def __str__(self) -> str:
        return f"{self.zip_code}: {self.eia_id}"


class CountyService(models.Model):
    """A row of EIA-861's service-territory table: this utility (by EIA id) serves in this county."""

    state = models.CharField(max_length=2)
    county = models.CharField(max_length=100)
    eia_id = models.CharField(max_length=16)
    data_set = models.ForeignKey(DataSet, on_delete=models.CASCADE, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["data_set", "state", "county", "eia_id"], name="county_service")]

    def __str__(self) -> str:
        return f"{self.county}, {self.state}: {self.eia_id}"
