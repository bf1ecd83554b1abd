"""Miniature trees of the published collections, with their true directories and headers."""

import csv
import gzip
import io
import json
from pathlib import Path

from tests.images.makers import dicom_file, file_of, ramp

CHEXPERT = (
    "Path,Sex,Age,Frontal/Lateral,AP/PA,No Finding,Enlarged Cardiomediastinum,Cardiomegaly,Lung Opacity,Lung Lesion,"
    "Edema,Consolidation,Pneumonia,Atelectasis,Pneumothorax,Pleural Effusion,Pleural Other,Fracture,Support Devices"
)
CHEXPERT_PLUS = (
    "path_to_image,path_to_dcm,frontal_lateral,ap_pa,deid_patient_id,patient_report_date_order,report,section_narrative,"
    "section_clinical_history,section_history,section_comparison,section_technique,section_procedure_comments,"
    "section_findings,section_impression,section_end_of_impression,section_summary,section_accession_number,age,sex,race,"
    "ethnicity,interpreter_needed,insurance_type,recent_bmi,deceased,split"
)
MIMIC_METADATA = (
    "dicom_id,subject_id,study_id,PerformedProcedureStepDescription,ViewPosition,Rows,Columns,StudyDate,StudyTime,"
    "ProcedureCodeSequence_CodeMeaning,ViewCodeSequence_CodeMeaning,PatientOrientationCodeSequence_CodeMeaning"
)
MIMIC_SPLIT = "dicom_id,study_id,subject_id,split"
MIMIC_LABELS = (
    "subject_id,study_id,Atelectasis,Cardiomegaly,Consolidation,Edema,Enlarged Cardiomediastinum,Fracture,Lung Lesion,"
    "Lung Opacity,No Finding,Pleural Effusion,Pleural Other,Pneumonia,Pneumothorax,Support Devices"
)
MIMIC_RADIOLOGISTS = (
    "study_id,Enlarged Cardiomediastinum,Cardiomegaly,Lung Lesion,Airspace Opacity,Edema,Consolidation,Pneumonia,"
    "Atelectasis,Pneumothorax,Pleural Effusion,Pleural Other,Fracture,Support Devices,No Finding"
)
NIH_2017 = (
    "Image Index,Finding Labels,Follow-up #,Patient ID,Patient Age,Patient Gender,View Position,"
    "OriginalImage[Width,Height],OriginalImagePixelSpacing[x,y]"
)
PADCHEST = (
    ",ImageID,ImageDir,StudyDate_DICOM,StudyID,PatientID,PatientBirth,PatientSex_DICOM,ViewPosition_DICOM,Projection,"
    "MethodProjection,Pediatric,Modality_DICOM,Manufacturer_DICOM,PhotometricInterpretation_DICOM,"
    "PixelRepresentation_DICOM,PixelAspectRatio_DICOM,SpatialResolution_DICOM,BitsStored_DICOM,WindowCenter_DICOM,"
    "WindowWidth_DICOM,Rows_DICOM,Columns_DICOM,XRayTubeCurrent_DICOM,Exposure_DICOM,ExposureInuAs_DICOM,ExposureTime,"
    "RelativeXRayExposure_DICOM,ReportID,Report,MethodLabel,Labels,Localizations,LabelsLocalizationsBySentence,labelCUIS,"
    "LocalizationsCUIS"
)
VINDR = (
    "image_id,rad_id,Aortic enlargement,Atelectasis,Calcification,Cardiomegaly,Clavicle fracture,Consolidation,Edema,"
    "Emphysema,Enlarged PA,ILD,Infiltration,Lung Opacity,Lung cavity,Lung cyst,Mediastinal shift,Nodule/Mass,"
    "Pleural effusion,Pleural thickening,Pneumothorax,Pulmonary fibrosis,Rib fracture,Other lesion,COPD,Lung tumor,"
    "Pneumonia,Tuberculosis,Other diseases,No finding"
)
VINDR_BOXES = "image_id,class_name,class_id,rad_id,x_min,y_min,x_max,y_max"
RSNA_LABELS = "patientId,x,y,width,height,Target"
RSNA_CLASSES = "patientId,class"

P1, P2 = "10000032", "11000011"
S1, S2 = "50414267", "50000014"
I1 = "02aa804e-bde0afdd-112c0b34-7bc16630-4e384014"
I2 = "174413ec-4ec4c1f7-34ea26b7-c5f994f8-79ef1962"
I3 = "dbb343a2-39b8aa3c-6d9fc6e9-6d5b8f1e-ee7b1b4e"


def table(header: str, *rows: dict[str, object]) -> str:
    """A CSV file with this header and these cells; what a row does not name is empty."""
    buffer = io.StringIO()
    writer = csv.DictWriter(buffer, next(csv.reader([header])), restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return buffer.getvalue()


def png(seed: int) -> bytes:
    return file_of(ramp(seed=seed))


def jpeg(seed: int) -> bytes:
    return file_of(ramp(seed=seed), "JPEG", quality=95)


def fill(root: Path, files: dict[str, bytes | str]) -> Path:
    """Write a tree; names that end in .gz are packed."""
    for name, data in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        raw = data if isinstance(data, bytes) else data.encode()
        path.write_bytes(gzip.compress(raw) if name.endswith(".gz") else raw)
    return root


def chexpert(root: Path) -> Path:
    base = "CheXpert-v1.0-small"
    one = {
        "Path": f"{base}/train/patient00001/study1/view1_frontal.jpg", "Sex": "Female", "Age": 68,
        "Frontal/Lateral": "Frontal", "AP/PA": "AP", "No Finding": "1.0", "Pneumothorax": "0.0", "Support Devices": "1.0",
    }  # fmt: skip
    two = {
        "Path": f"{base}/train/patient00002/study2/view1_frontal.jpg", "Sex": "Female", "Age": 87,
        "Frontal/Lateral": "Frontal", "AP/PA": "PA", "Lung Opacity": "1.0", "Edema": "-1.0", "Pleural Effusion": "-1.0",
    }  # fmt: skip
    lateral = {**two, "Path": f"{base}/train/patient00002/study2/view2_lateral.jpg", "Frontal/Lateral": "Lateral"}
    lateral["AP/PA"] = ""
    valid = {**one, "Path": f"{base}/valid/patient64541/study1/view1_frontal.jpg", "Sex": "Unknown", "Age": 0}
    return fill(
        root,
        {
            "train.csv": table(CHEXPERT, one, two, lateral),
            "valid.csv": table(CHEXPERT, valid),
            "train/patient00001/study1/view1_frontal.jpg": jpeg(1),
            "train/patient00002/study2/view1_frontal.jpg": jpeg(2),
            "train/patient00002/study2/view2_lateral.jpg": jpeg(3),
            "valid/patient64541/study1/view1_frontal.jpg": jpeg(4),
        },
    )


def chexpert_plus(root: Path) -> Path:
    one = {
        "path_to_image": "train/patient42142/study5/view1_frontal.jpg", "frontal_lateral": "Frontal", "ap_pa": "AP",
        "path_to_dcm": "train/patient42142/study5/view1_frontal.dcm", "deid_patient_id": "patient42142", "age": "58",
        "sex": "Male", "split": "train", "section_impression": '\n1. Small left effusion,\n"stable".',
        "section_findings": "Findings.",
    }  # fmt: skip
    two = {
        **one, "path_to_image": "valid/patient00003/study1/view1_frontal.jpg", "deid_patient_id": "patient00003",
        "split": "valid", "section_impression": "",
    }  # fmt: skip
    labels = [
        {"path_to_image": one["path_to_image"], "Pleural Effusion": 1.0, "Edema": -1.0, "No Finding": None},
        {"path_to_image": two["path_to_image"], "No Finding": 1.0},
    ]
    other = [{"path_to_image": one["path_to_image"], "Fracture": 1.0}]
    return fill(
        root,
        {
            "df_chexpert_plus_240401.csv": table(CHEXPERT_PLUS, one, two),
            "chexbert_labels/impression_fixed.json": "\n".join(json.dumps(line) for line in labels) + "\n{broken\n",
            "chexbert_labels/report_fixed.json": json.dumps(other[0]),
            "PNG/train/patient42142/study5/view1_frontal.png": png(1),
            "PNG/valid/patient00003/study1/view1_frontal.png": png(2),
        },
    )


def mimic(root: Path, packed: str = ".gz") -> Path:
    name = "mimic-cxr-2.0.0-{}.csv" + packed
    images = [(I1, P1, S1, "PA", "train"), (I2, P1, S1, "LATERAL", "train"), (I3, P2, S2, "AP", "test")]
    meta = [
        {"dicom_id": i, "subject_id": p, "study_id": s, "ViewPosition": v, "Rows": 3056, "Columns": 2544}
        for i, p, s, v, _ in images
    ]
    splits = [{"dicom_id": i, "subject_id": p, "study_id": s, "split": part} for i, p, s, _, part in images]
    first = {"subject_id": P1, "study_id": S1, "Edema": "1.0", "Pneumonia": "-1.0", "Fracture": "0.0"}
    second = {"subject_id": P2, "study_id": S2, "No Finding": "1.0"}
    return fill(
        root,
        {
            name.format("metadata"): table(MIMIC_METADATA, *meta),
            name.format("split"): table(MIMIC_SPLIT, *splits),
            name.format("chexpert"): table(MIMIC_LABELS, first, second),
            name.format("negbio"): table(MIMIC_LABELS, {**first, "Edema": "", "Atelectasis": "1.0"}, second),
            "mimic-cxr-2.1.0-test-set-labeled.csv": table(
                MIMIC_RADIOLOGISTS, {"study_id": S2, "Airspace Opacity": "1"}
            ),
            f"files/p10/p{P1}/s{S1}/{I1}.jpg": jpeg(1),
            f"files/p10/p{P1}/s{S1}/{I2}.jpg": jpeg(2),
            f"files/p11/p{P2}/s{S2}/{I3}.jpg": jpeg(3),
        },
    )


def nih(root: Path) -> Path:
    rows = (
        "00000001_000.png,Cardiomegaly|Emphysema,0,1,058Y,M,PA,2682,2749,0.143,0.143\n"
        "00000002_000.png,No Finding,0,2,411Y,F,AP,2500,2048,0.171,0.171\n"
        "00000003_000.png,Pleural_Thickening,0,3,047Y,F,AP,2500,2048,0.171,0.171\n"
    )
    return fill(
        root,
        {
            "Data_Entry_2017.csv": f"{NIH_2017}\n{rows}",
            "train_val_list.txt": "00000001_000.png\n00000003_000.png\n",
            "test_list.txt": "00000002_000.png",
            "BBox_List_2017.csv": "Image Index,Finding Label,Bbox [x,y,w,h],,,\n",
            "images_001/images/00000001_000.png": png(1),
            "images_002/images/00000002_000.png": png(2),
        },
    )


def padchest(root: Path) -> Path:
    one = {
        "ImageID": "2053_k6ga29.png", "ImageDir": 0, "StudyDate_DICOM": 20140915, "PatientID": "8398",
        "PatientBirth": "1930.0", "PatientSex_DICOM": "F", "Projection": "PA", "Report": "sin hallazg .",
        "Labels": "['normal']",
    }  # fmt: skip
    two = {
        **one, "ImageID": "1358_fzis7d.png", "ImageDir": 36, "PatientID": "77", "PatientSex_DICOM": "O",
        "Projection": "AP_horizontal",
        "Labels": "['laminar atelectasis', ' pleural effusion', 'pericardial effusion', 'scoliosis', '', 'unchanged']",
    }  # fmt: skip
    lateral = {**one, "ImageID": "3.png", "Projection": "L", "Labels": "nan", "PatientBirth": "nan"}
    bad = {**one, "ImageID": "4.png", "Labels": "__import__('os')"}
    excluded = {**one, "ImageID": "5.png", "Labels": "['exclude']"}
    name = "PADCHEST_chest_x_ray_images_labels_160K_01.02.19.csv"
    files = {"0/2053_k6ga29.png": png(1), "36/1358_fzis7d.png": png(2), "0/3.png": png(3), "0/4.png": png(4)}
    return fill(root, {name: table(PADCHEST, one, two, lateral, bad, excluded), **files})


def vindr(root: Path) -> Path:
    rows = [
        {"image_id": "a1", "rad_id": "R1", "Nodule/Mass": 1, "Pleural effusion": 1},
        {"image_id": "b2", "rad_id": "R1", "No finding": 1},
        {"image_id": "a1", "rad_id": "R2", "Nodule/Mass": 1, "ILD": 1},
        {"image_id": "b2", "rad_id": "R2", "No finding": 1},
        {"image_id": "a1", "rad_id": "R3", "No finding": 1},
        {"image_id": "b2", "rad_id": "R3", "Rib fracture": 1},
    ]
    test_header = VINDR.replace("rad_id,", "").replace("Other diseases", "Other disease")
    return fill(
        root,
        {
            "annotations/image_labels_train.csv": table(VINDR, *rows),
            "annotations/image_labels_test.csv": table(test_header, {"image_id": "c3", "Other disease": 1}),
            "train/a1.dicom": dicom_file(ramp(seed=1), PatientID="", PatientAge="047Y"),
            "train/b2.dicom": dicom_file(ramp(seed=2), PhotometricInterpretation="MONOCHROME1"),
            "test/c3.dicom": dicom_file(ramp(seed=3)),
        },
    )


def rsna(root: Path) -> Path:
    boxes = [
        {"patientId": "0004cfab", "Target": 0},
        {"patientId": "00436515", "x": 264.0, "y": 152.0, "width": 213.0, "height": 379.0, "Target": 1},
        {"patientId": "00436515", "x": 562.0, "y": 152.0, "width": 256.0, "height": 453.0, "Target": 1},
        {"patientId": "000db696", "Target": 0},
    ]
    classes = [
        {"patientId": "0004cfab", "class": "No Lung Opacity / Not Normal"},
        {"patientId": "00436515", "class": "Lung Opacity"},
        {"patientId": "00436515", "class": "Lung Opacity"},
        {"patientId": "000db696", "class": "Normal"},
    ]
    return fill(
        root,
        {
            "stage_2_train_labels.csv": table(RSNA_LABELS, *boxes),
            "stage_2_detailed_class_info.csv": table(RSNA_CLASSES, *classes),
            **{
                f"stage_2_train_images/{name}.dcm": dicom_file(ramp(seed=seed), PatientID=name)
                for seed, name in enumerate(("0004cfab", "00436515", "000db696"))
            },
        },
    )


REPORT = """<?xml version="1.0" encoding="utf-8"?>
<eCitation><uId id="CXR{n}"/><MedlineCitation><Article><Abstract>
<AbstractText Label="COMPARISON">None.</AbstractText><AbstractText Label="INDICATION">Cough</AbstractText>
<AbstractText Label="FINDINGS">{findings}</AbstractText><AbstractText Label="IMPRESSION">{impression}</AbstractText>
</Abstract></Article></MedlineCitation><MeSH>{codes}</MeSH>
<parentImage id="CXR{n}_IM-0001-3001"><figureId>F1</figureId></parentImage>
<parentImage id="CXR{n}_IM-0001-4001"><figureId>F2</figureId></parentImage></eCitation>"""


def report(n: int, *codes: str, findings: str = "", impression: str = "Normal chest x-XXXX.") -> str:
    majors = "".join(f"<major>{code}</major>" for code in codes)
    return REPORT.format(n=n, codes=majors, findings=findings, impression=impression)


def openi(root: Path) -> Path:
    seen = "Opacity/lung/base/left", "Thickening/pleura/apex", "Lung/hypoinflation", "Calcified Granuloma/lung"
    return fill(
        root,
        {
            "ecgen-radiology/1.xml": report(1, "normal", findings="Clear lungs."),
            "ecgen-radiology/2.xml": report(2, *seen),
            "ecgen-radiology/3.xml": report(3, "No Indexing").replace("</eCitation>", ""),
            "ecgen-radiology/4.xml": '<!DOCTYPE x [<!ENTITY a "aaaa">]>' + report(4, "normal"),
            "nlmcxr_dicom_metadata.csv": "imageid,Accession Number,View Position,filename\nCXR1_IM-0001-3001,8,PA,x\n"
            "CXR1_IM-0001-4001,8,LATERAL,x\n",
            "NLMCXR_png/CXR1_IM-0001-3001.png": png(1),
            "NLMCXR_png/CXR1_IM-0001-4001.png": png(2),
            "NLMCXR_png/CXR2_IM-0001-3001.png": png(3),
        },
    )


MAKERS = {
    "chexpert": chexpert, "chexpert-plus": chexpert_plus, "mimic": mimic, "nih": nih, "padchest": padchest,
    "vindr": vindr, "rsna": rsna, "openi": openi,
}  # fmt: skip
