"""The invented words of the demonstration. No real person, company, telephone or address."""

from dataclasses import dataclass

from foundation.core.classification import (
    Impact,
    Kind,
    SupportType,
    Urgency,
)


@dataclass(frozen=True)
class DemoTemplate:
    slug: str
    kind: Kind
    name_es: str
    name_en: str
    subjects: tuple[str, ...]
    urgency: Urgency = Urgency.MEDIUM
    impact: Impact = Impact.MINOR
    fields: tuple[
        tuple[str, str, str, str, str], ...
    ] = ()  # key, type, label_es, label_en, options


@dataclass(frozen=True)
class DemoService:
    slug: str
    support_type: SupportType
    name_es: str
    name_en: str
    templates: tuple[DemoTemplate, ...]
    needs_analysis: bool = False


_F = SupportType.FUNCTIONAL
_T = SupportType.TECHNICAL
_G = SupportType.TECHNOLOGICAL
_I = Kind.INCIDENT
_R = Kind.REQUEST

CATALOGUE: tuple[tuple[str, str, str, tuple[DemoService, ...]], ...] = (
    (
        "Accesos y usuarios",
        "Access and users",
        "key-round",
        (
            DemoService(
                "accesos",
                _G,
                "Accesos",
                "Access",
                (
                    DemoTemplate(
                        "sin-acceso",
                        _I,
                        "No puedo entrar",
                        "I cannot sign in",
                        (
                            "No puedo entrar al sistema de nómina",
                            "La VPN rechaza mi contraseña",
                            "Se bloqueó mi usuario después del fin de semana",
                        ),
                        Urgency.CRITICAL,
                        fields=(
                            ("system", "text", "Sistema", "System", ""),
                            ("since", "date", "Desde cuándo", "Since when", ""),
                        ),
                    ),
                ),
            ),
            DemoService(
                "usuarios",
                _F,
                "Administración de usuarios",
                "User administration",
                (
                    DemoTemplate(
                        "alta-usuario",
                        _R,
                        "Alta de usuario",
                        "New user",
                        (
                            "Alta de usuario para contabilidad",
                            "Usuario nuevo en compras",
                            "Alta de practicante en tesorería",
                        ),
                        Urgency.LOW,
                        fields=(
                            (
                                "profile",
                                "choice",
                                "Perfil",
                                "Profile",
                                "Consulta\nCaptura\nAutorización",
                            ),
                            ("start", "date", "Fecha de ingreso", "Starting date", ""),
                            ("boss", "person", "Autoriza", "Authorized by", ""),
                        ),
                    ),
                    DemoTemplate(
                        "cambio-perfil",
                        _R,
                        "Cambio de perfil",
                        "Change of profile",
                        (
                            "Cambiar perfil de captura a autorización",
                            "Retirar permisos a usuario que cambió de área",
                        ),
                        Urgency.LOW,
                    ),
                ),
            ),
        ),
    ),
    (
        "Aplicaciones",
        "Applications",
        "app-window",
        (
            DemoService(
                "erp",
                _F,
                "ERP: dudas y errores",
                "ERP: questions and errors",
                (
                    DemoTemplate(
                        "error-erp",
                        _I,
                        "Error en un módulo",
                        "Error in a module",
                        (
                            "El cierre de mes marca diferencia en la póliza 118",
                            "La factura sale con el impuesto duplicado",
                            "No aparece el proveedor al capturar la orden de compra",
                            "El reporte de antigüedad de saldos sale vacío",
                        ),
                        Urgency.HIGH,
                        Impact.MODERATE,
                        fields=(
                            (
                                "module",
                                "choice",
                                "Módulo",
                                "Module",
                                "Contabilidad\nCompras\nInventarios\nVentas",
                            ),
                        ),
                    ),
                    DemoTemplate(
                        "duda-erp",
                        _R,
                        "Duda de uso",
                        "Question",
                        (
                            "Cómo se reversa una provisión",
                            "Qué reporte uso para conciliar bancos",
                            "Cómo se da de baja un activo",
                        ),
                        Urgency.LOW,
                    ),
                ),
            ),
            DemoService(
                "cambios-de-datos",
                _T,
                "Actualización y borrado de datos",
                "Updates and deletes of data",
                (
                    DemoTemplate(
                        "corregir-datos",
                        _R,
                        "Corregir datos en la base",
                        "Mend data in the database",
                        (
                            "Borrar una factura duplicada",
                            "Corregir el almacén de un movimiento cerrado",
                        ),
                    ),
                ),
                needs_analysis=True,
            ),
            DemoService(
                "correcciones",
                _T,
                "Correcciones y consultas SQL",
                "Fixes and SQL queries",
                (
                    DemoTemplate(
                        "consulta-sql",
                        _R,
                        "Consulta a la base de datos",
                        "Database query",
                        (
                            "Extraer movimientos de inventario del trimestre",
                            "Listado de clientes sin compras en seis meses",
                        ),
                    ),
                    DemoTemplate(
                        "falla-parche",
                        _I,
                        "Falla después de un parche",
                        "Failure after a patch",
                        (
                            "Después del parche no abre la pantalla de pedidos",
                            "El proceso nocturno termina con error desde el parche",
                        ),
                        Urgency.HIGH,
                        Impact.SIGNIFICANT,
                    ),
                ),
            ),
        ),
    ),
    (
        "Infraestructura",
        "Infrastructure",
        "server",
        (
            DemoService(
                "servidores",
                _G,
                "Servidores y red",
                "Servers and network",
                (
                    DemoTemplate(
                        "servicio-caido",
                        _I,
                        "Un servicio no responde",
                        "A service is down",
                        (
                            "El portal de clientes no responde",
                            "La red de la bodega está intermitente",
                            "El servidor de impresión no imprime",
                        ),
                        Urgency.CRITICAL,
                        Impact.SIGNIFICANT,
                    ),
                    DemoTemplate(
                        "mas-capacidad",
                        _R,
                        "Más capacidad",
                        "More capacity",
                        (
                            "Ampliar disco del servidor de archivos",
                            "Memoria para el ambiente de pruebas",
                        ),
                    ),
                ),
            ),
            DemoService(
                "ambientes",
                _G,
                "Ambientes",
                "Environments",
                (
                    DemoTemplate(
                        "nuevo-ambiente",
                        _R,
                        "Ambiente nuevo u homologación",
                        "New environment or refresh",
                        (
                            "Homologar el ambiente de pruebas con producción",
                            "Ambiente de capacitación para el área comercial",
                        ),
                        Urgency.LOW,
                        Impact.MODERATE,
                    ),
                ),
            ),
        ),
    ),
)

DETAILS = (
    "Sucede desde esta mañana. Ya reinicié el equipo y sigue igual. Adjunto el mensaje si lo "
    "necesitan.",
    "Lo intentamos en dos equipos distintos con el mismo resultado. Antes funcionaba.",
    "Lo necesitamos para el cierre. Quedo atenta a sus comentarios.",
    "El mensaje dice: «Operación no permitida». Afecta a las personas de mi área.",
    "Por favor indíquenme qué datos necesitan para avanzar.",
)
REPLIES = (
    "Buen día. Recibimos su caso y ya lo estamos revisando.",
    "Hola. Tomamos su ticket; en cuanto tengamos el diagnóstico le avisamos por aquí.",
    "Gracias por los datos. Reprodujimos el problema y lo estamos analizando.",
)
STATEMENTS = (
    "Revisaremos la configuración y los registros del servicio; si se confirma la causa, "
    "aplicaremos el ajuste el mismo día.",
    "El plan: reproducir el error en pruebas, corregirlo y liberar en producción fuera de horario.",
    "Un consultor atenderá el caso; primero validaremos permisos y después la regla de negocio.",
)
QUESTIONS = (
    "¿Nos comparte una captura del mensaje completo y la hora en que ocurrió?",
    "¿Con qué usuario entra y desde qué sede? Necesitamos confirmarlo para seguir.",
)
ANSWERS = (
    "Claro, ocurrió a las 10:15 con mi usuario de siempre.",
    "Entro desde la sede principal. El mensaje es el mismo de ayer.",
)
SOLUTIONS = (
    "Se corrigió la regla que duplicaba el impuesto y se reprocesaron los documentos. Por favor "
    "valide.",
    "Se restableció el acceso y se documentó la causa: la contraseña había caducado.",
    "Se aplicó el ajuste en el servicio y quedó monitoreado. Ya puede usarlo.",
    "Se entregó lo solicitado. Encontrará el detalle en la documentación del caso.",
)
FOLLOW_UPS = (
    "Volvió a suceder esta mañana, con el mismo mensaje que la vez anterior.",
    "Funcionó unos días y otra vez falla. ¿Pueden revisarlo a fondo?",
)
DECLINES = (
    "Sigue fallando con los documentos de ayer.",
    "A mí todavía me aparece el mismo mensaje.",
)
SUPPLIERS = ("Enlaces del Istmo", "Soporte Quetzal", "Red Altiplano")


@dataclass(frozen=True)
class DemoPerson:
    email: str
    name: str
    roles: tuple[str, ...]
    language: str = ""


STAFF = (
    DemoPerson("admin@mesa.example", "Abril Sandoval", ("administrator",)),
    DemoPerson("agent@mesa.example", "Tomás Arriaga", ("agent",)),
    DemoPerson("agent2@mesa.example", "Jimena Olvera", ("agent",)),
    DemoPerson("agent3@mesa.example", "Rodrigo Estévez", ("agent",)),
    DemoPerson("agent4@mesa.example", "Mariana Cordero", ("agent",)),
    DemoPerson("consultant@mesa.example", "Bruno Castañeda", ("consultant",)),
    DemoPerson("supervisor@mesa.example", "Lorena Ibáñez", ("desk_supervisor",)),
    DemoPerson("manager@mesa.example", "Ernesto Villaseñor", ("desk_manager",)),
    DemoPerson("delivery@mesa.example", "Paola Quiñones", ("service_delivery",)),
    DemoPerson("bpo@mesa.example", "Hernán Zavala", ("bpo",)),
    DemoPerson("bpo2@mesa.example", "Inés Barrientos", ("bpo",)),
    DemoPerson("audit@mesa.example", "Gerardo Montaño", ("audit_area",)),
    DemoPerson("commercial@mesa.example", "Fabiola Rentería", ("commercial",)),
)


@dataclass(frozen=True)
class DemoCustomer:
    slug: str
    name: str
    country: str
    time_zone: str
    people: tuple[DemoPerson, ...]
    sites: tuple[str, ...]
    weight: int


CUSTOMERS = (
    DemoCustomer(
        "norte",
        "Grupo Norteado",
        "MX",
        "America/Mexico_City",
        (
            DemoPerson("requester@norte.example", "Rocío Benavides", ("requester",)),
            DemoPerson(
                "coordinator@norte.example", "Damián Orozco", ("coordinator", "report_recipient")
            ),
            DemoPerson("supervisor@norte.example", "Celia Monroy", ("site_supervisor",)),
            DemoPerson("manager@norte.example", "Octavio Lerma", ("company_manager",)),
        ),
        ("Matriz", "Bodega"),
        5,
    ),
    DemoCustomer(
        "sur",
        "Comercial Austral",
        "PE",
        "America/Lima",
        (
            DemoPerson("requester@sur.example", "Milagros Huerta", ("requester",)),
            DemoPerson(
                "coordinator@sur.example", "Álvaro Tapia", ("coordinator", "report_recipient")
            ),
        ),
        ("Sede central",),
        3,
    ),
    DemoCustomer(
        "andes",
        "Andina de Empaques",
        "CO",
        "America/Bogota",
        (
            DemoPerson("requester@andes.example", "Yesenia Cárdenas", ("requester",)),
            DemoPerson("coordinator@andes.example", "Wilmer Pardo", ("coordinator",)),
        ),
        ("Planta",),
        2,
    ),
)
