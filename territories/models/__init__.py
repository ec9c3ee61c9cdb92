from territories.models.data_set import DataSet
from territories.models.geocoding import GeocoderOutage, KnownPlace
from territories.models.service_territory import ServiceTerritory
from territories.models.site import Site
from territories.models.tables import CountyService, ZipService
from territories.models.utility import Utility

__all__ = [
    "CountyService",
    "DataSet",
    "GeocoderOutage",
    "KnownPlace",
    "ServiceTerritory",
    "Site",
    "Utility",
    "ZipService",
]
